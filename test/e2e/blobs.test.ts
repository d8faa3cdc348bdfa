import { Field } from "@noble/curves/abstract/modular.js";
import { expect } from "chai";
import { network } from "hardhat";
import { BrowserProvider } from "ethers";
import { Ring } from "../../bench/full-batch.ts";
import { buildExitCircuit, buildSize } from "../../fixture/build.ts";
import { deployRollup } from "../../fixture/deployment.ts";
import { packOpening } from "../../l1/blob-opening.ts";
import { packBatches } from "../../l1/packed-batches.ts";
import { buildBatch, placedAt, type Batch } from "../../protocol/batch.ts";
import { evaluateBlob } from "../../protocol/blob.ts";
import { digestOf, domainOf } from "../../protocol/challenge.ts";
import { BATCH_SIZES, BLOB_ORDER } from "../../protocol/constants.ts";
import { addressToHex } from "../../protocol/json-fields.ts";
import { transferWordsOf } from "../../protocol/words.ts";
import { endCurveWorkers } from "../../prover/backends/curve-workers.ts";
import { makeProver } from "../../prover/backends/make-prover.ts";
import { solidityProof } from "../../prover/files/proof-format.ts";
import type { Prover } from "../../prover/prover.ts";
import type { Rollup } from "../../types/generated/index.ts";
import { openedBlob, sendInBlob, type BlobCall, type OpenedBlob } from "../support/chain/blob-call.ts";

const SIZE = BATCH_SIZES[0]!;

// The smallest size's circuit, key and prover, the real verifiers and the chain's own opening of blobs.
describe("batches in a blob, with real proofs", function () {
  this.timeout("10m");
  let connection: Awaited<ReturnType<typeof network.create>>;
  let provider: BrowserProvider;
  let rollup: Rollup;
  let address: string;
  let prover: Prover;
  let batches: readonly Batch[];
  let honest: OpenedBlob;

  before(async () => {
    connection = await network.create();
    provider = new BrowserProvider(connection.provider, undefined, { cacheTimeout: -1 });
    const [built, exit] = [await buildSize(SIZE), await buildExitCircuit()];
    rollup = await deployRollup(provider, [built], exit, true);
    address = await rollup.getAddress();
    const { circuit, key } = built;
    prover = await makeProver({ wasm: circuit.wasm, plan: circuit.plan, ...key });
    const ring = new Ring(SIZE);
    const root = `0x${ring.state.root.toString(16).padStart(64, "0")}`;
    await connection.provider.request({ method: "hardhat_setStorageAt", params: [address, "0x9", root] });
    const { timestamp } = (await provider.getBlock("latest"))!;
    const request = ring.request(domainOf(31337n, BigInt(address)), 1, timestamp);
    const state = ring.state.fork();
    // Two words, and one: a single word's value is the same everywhere.
    batches = [request.transfers.slice(0, 3), request.transfers.slice(3)].map((transfers, i) =>
      buildBatch(state, SIZE, { ...request, batchNumber: 1 + i, transfers, inBlob: true }),
    );
    honest = openedBlob(partsOf(batches));
  });
  after(async () => {
    await prover.close();
    await connection.close();
    await endCurveWorkers();
  });

  const wordsOf = ({ published }: Batch): readonly bigint[] => transferWordsOf(published);
  const partsOf = (all: readonly Batch[]) =>
    all.map((batch) => ({
      digest: digestOf(batch.publicSignals.c, batch.beneficiary, batch.words),
      transferWords: wordsOf(batch),
    }));

  const proven = new Map<bigint, Promise<Uint8Array>>();
  /** The batches with their proofs for a point. */
  function provenAt(z: bigint): Promise<Uint8Array> {
    const known = proven.get(z) ?? proveAll(z);
    proven.set(z, known);
    return known;
  }
  async function proveAll(z: bigint): Promise<Uint8Array> {
    const packed = [];
    for (const batch of batches) {
      const { proof } = await prover.prove(placedAt(batch, z).input);
      const { words, publicSignals, beneficiary } = batch;
      const parts = { words, refundAddresses: [], beneficiary: addressToHex(beneficiary) };
      packed.push({ size: 0, proof: solidityProof(proof), c: publicSignals.c, ...parts });
    }
    return packBatches(packed);
  }

  /** A call with a blob, and with other proofs or values than its own, if they are named. */
  async function call(
    blob: OpenedBlob,
    { provenFor = blob.z, values = blob.opening.values }: { provenFor?: bigint; values?: readonly bigint[] } = {},
  ): Promise<BlobCall> {
    const opening = packOpening({ ...blob.opening, values });
    return { rollup: address, batches: await provenAt(provenFor), opening, blob };
  }
  const refused = async (sent: Promise<BlobCall>, error: string) =>
    expect(sendInBlob(provider, await sent)).to.be.revertedWithCustomError(rollup, error);
  /** Values that add up to a blob's own, of which the first is the first batch's. */
  const fitting = ({ coefficients, z, opening }: OpenedBlob): bigint[] => {
    const field = Field(BLOB_ORDER);
    const [first] = opening.values as [bigint];
    const rest = field.sub(evaluateBlob(coefficients, z), first);
    return [first, field.div(rest, field.pow(z, BigInt(wordsOf(batches[0]!).length)))];
  };

  it("are taken, with the blob that has their transfers", async () => {
    const id: unknown = await connection.provider.request({ method: "evm_snapshot" });
    await sendInBlob(provider, await call(honest));
    expect(await rollup.stateRoot()).to.equal(batches[1]!.published.newRoot);
    await connection.provider.request({ method: "evm_revert", params: [id] });
    expect(await rollup.batchNumber()).to.equal(0n);
  });

  it("are refused with a blob that differs in one word, whatever is said of it and proven for it", async () => {
    for (const place of [0, honest.coefficients.length - 1]) {
      const words = honest.coefficients.with(place, honest.coefficients[place]! + 1n);
      const other = openedBlob(partsOf(batches), words);
      await refused(call(other), "BlobNotOpened");
      await refused(call(other, { values: fitting(other) }), "InvalidProof");
      await refused(call(other, { provenFor: honest.z, values: fitting(other) }), "InvalidProof");
    }
  });

  it("are refused with a blob that was bent to have the same value at their point", async () => {
    const { z, coefficients } = honest;
    let bent: readonly bigint[] | undefined;
    for (let more = 1n; bent === undefined; more++) {
      const rest = (((coefficients[0]! - more * z) % BLOB_ORDER) + BLOB_ORDER) % BLOB_ORDER;
      if (rest < 2n ** 248n) bent = [rest, coefficients[1]! + more, ...coefficients.slice(2)];
    }
    const atTheirs = openedBlob(partsOf(batches), bent, z);
    expect(atTheirs.opening.values).to.deep.equal(honest.opening.values);
    await refused(call(atTheirs), "BlobNotOpened");
    const atItsOwn = openedBlob(partsOf(batches), bent);
    await refused(call(atItsOwn, { values: fitting(atItsOwn), provenFor: z }), "InvalidProof");
  });

  it("are refused where their words stand elsewhere in the blob", async () => {
    const [first, second] = batches.map(wordsOf) as [readonly bigint[], readonly bigint[]];
    for (const words of [[0n, ...first, ...second], [...first, 0n, ...second], [...second, ...first], [...first]]) {
      const moved = openedBlob(partsOf(batches), words);
      await refused(call(moved), "BlobNotOpened");
      await refused(call(moved, { values: fitting(moved) }), "InvalidProof");
    }
  });

  it("are refused with values that make the same sum, or that are too large by the field's order", async () => {
    const [one, two] = honest.opening.values as [bigint, bigint];
    const shifted = [(one + honest.z ** 2n) % BLOB_ORDER, (two - 1n + BLOB_ORDER) % BLOB_ORDER];
    await refused(call(honest, { values: shifted }), "InvalidProof");
    await refused(call(honest, { values: [one + BLOB_ORDER, two] }), "EvaluationNotInField");
    await refused(call(honest, { values: [one, two + BLOB_ORDER] }), "EvaluationNotInField");
  });

  it("are refused with another blob than was opened, and for a point that is no hash of them", async () => {
    const other = openedBlob(partsOf(batches), [...honest.coefficients, 7n]);
    const { opening, ...sent } = await call(honest);
    await refused(Promise.resolve({ ...sent, opening, blob: other }), "BlobNotOpened");
    const chosen = openedBlob(partsOf(batches), undefined, 12_345n);
    await refused(call(chosen), "BlobNotOpened");
    await refused(call(honest, { provenFor: 12_345n }), "InvalidProof");
  });
});
