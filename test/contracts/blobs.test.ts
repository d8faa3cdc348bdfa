import { expect } from "chai";
import { solidityPackedKeccak256, ZeroHash } from "ethers";
import { packEvidence, packOpening } from "../../l1/blob-opening.ts";
import { evaluateBlob } from "../../protocol/blob.ts";
import { blobPointOf, digestOf, sealOf } from "../../protocol/challenge.ts";
import { BLOB_ORDER } from "../../protocol/constants.ts";
import { encodeWords, transferWordsOf, type PublishedBatch } from "../../protocol/words.ts";
import {
  callOf,
  openedBlob,
  sendInBlob,
  type BlobCall,
  type BlobPart,
  type OpenedBlob,
} from "../support/chain/blob-call.ts";
import { enqueue } from "../support/chain/l1-queue.ts";
import {
  BENEFICIARY,
  COMMITMENT,
  createBench,
  nextBatch,
  packed,
  PROOF,
  publicSignals,
  SIZES,
  submit,
  submitAll,
  type Bench,
  type Proof,
} from "../support/chain/rollup.ts";

const TRANSFER = { from: 8, to: 9, amount: 7n, fee: 6n };
const DEPOSIT = {
  kind: "deposit",
  index: 71,
  token: 0,
  l1Address: 0xa11ce1n,
  pubKeyY: 0x5eed01n,
  amount: 1001n,
} as const;
const inCalldata = ({ inBlob, ...batch }: PublishedBatch): PublishedBatch => (expect(inBlob).to.equal(true), batch);
const hex = (bytes: Uint8Array): string => `0x${Buffer.from(bytes).toString("hex")}`;

// On a joint verifier that accepts every proof, or only the statements that a test names; blobs and their openings are real.
describe("Rollup: batches in a blob", function () {
  this.timeout("2m");
  let bench: Bench;
  let rollup: string;
  beforeEach(async () => {
    bench = await createBench(31337, { blobs: true });
    rollup = await bench.rollup.getAddress();
  });

  const refused = (call: Promise<unknown>, error: string) =>
    expect(call).to.be.revertedWithCustomError(bench.rollup, error);
  const send = (call: BlobCall, account?: number) => sendInBlob(bench.ethers.provider, call, account);

  /** Batches that go on from each other, in a blob. */
  async function run(...changes: Partial<PublishedBatch>[]): Promise<PublishedBatch[]> {
    const batches: PublishedBatch[] = [];
    for (const [i, change] of changes.entries()) {
      const last = batches.at(-1);
      const next = await nextBatch(bench, last && { oldRoot: last.newRoot, batchNumber: last.batchNumber + 1 });
      batches.push({ ...next, inBlob: true, newRoot: 1000n + BigInt(i), ...change });
    }
    return batches;
  }

  const partOf = (batch: PublishedBatch, size = SIZES[0], c = COMMITMENT): BlobPart => ({
    digest: digestOf(c, BigInt(BENEFICIARY), encodeWords(size, batch)),
    transferWords: transferWordsOf(batch),
  });
  const packedAll = (batches: readonly PublishedBatch[]): Uint8Array => packed(batches.map((batch) => ({ batch })));
  const opened = (batches: readonly PublishedBatch[], more?: readonly bigint[]): OpenedBlob =>
    openedBlob(
      batches.map((batch) => partOf(batch)),
      more,
    );
  const signals = (batch: PublishedBatch, z: bigint, size = SIZES[0]) => publicSignals(size, batch, COMMITMENT, z);
  /** Lets the joint verifier accept nothing but these batches of size 0 at this point. */
  async function expectOnly(batches: readonly PublishedBatch[], z: bigint): Promise<void> {
    const address = await bench.jointVerifier.getAddress();
    await bench.networkHelpers.setCode(address, await bench.ethers.provider.getCode(bench.expecting));
    const verifier = await bench.ethers.getContractAt("ExpectingVerifier", address);
    const statements = batches.map((batch) => ({ key: 0, proof: [...PROOF], publicSignals: signals(batch, z) }));
    await verifier.expectTogether(statements as unknown as Parameters<typeof verifier.expectTogether>[0]);
  }

  it("takes them, with queue and credits, and hands the verifier what TypeScript computes of words, blob and point", async () => {
    const refundAddresses = await enqueue(bench, [DEPOSIT]);
    const batches = await run(
      { transfers: [TRANSFER, { ...TRANSFER, fee: 9n }, TRANSFER] },
      { l1Operations: [DEPOSIT], withdrawals: [{ from: 9, fee: 0n, l1Address: 0xb0bn, amount: 33n }] },
      { transfers: [{ ...TRANSFER, to: 77 }] },
    );
    const all = packed(batches.map((batch, i) => ({ batch, ...(i === 1 && { refundAddresses }) })));
    const blob = opened(batches);
    await expectOnly(batches, blob.z);
    const receipt = await send(callOf(rollup, all, blob));
    expect(receipt.logs).to.have.length(4);
    expect(await bench.rollup.batchNumber()).to.equal(3n);
    expect(await bench.rollup.stateRoot()).to.equal(1002n);
    expect(await bench.rollup.withdrawable(0, `0x${"0".repeat(37)}b0b`)).to.equal(33n);
    const chain = batches.reduce((before, batch) => {
      const value = evaluateBlob(transferWordsOf(batch), blob.z);
      const seal = hex(sealOf(partOf(batch).digest, { z: blob.z, value }));
      return solidityPackedKeccak256(["bytes32", "bytes32"], [before, seal]);
    }, ZeroHash);
    expect(await bench.rollup.batchChain()).to.equal(chain);
  });

  it("goes on from batches in calldata, and these from it", async () => {
    await submit(bench, await nextBatch(bench, { transfers: [TRANSFER] }));
    const batches = await run({ transfers: [TRANSFER] });
    await send(callOf(rollup, packedAll(batches), opened(batches)));
    await submitAll(bench, [{ batch: await nextBatch(bench, { transfers: [TRANSFER] }) }]);
    expect(await bench.rollup.batchNumber()).to.equal(3n);
  });

  it("is the operator's, or anybody's once the queue is overdue, as any call is", async () => {
    await enqueue(bench, [DEPOSIT]);
    const batches = await run({ transfers: [TRANSFER] });
    const call = callOf(rollup, packedAll(batches), opened(batches));
    await refused(send(call, 4), "NotOperator");
    await bench.networkHelpers.time.increase(4 * 86_400);
    const later = await run({ transfers: [TRANSFER] });
    await refused(send(callOf(rollup, packedAll(later), opened(later)), 4), "QueueNotServed");
  });

  it("is refused by a rollup that takes none, in every call that has to do with blobs", async () => {
    const plain = await createBench();
    try {
      const rollupOf = await plain.rollup.getAddress();
      const batch = { ...(await nextBatch(plain, { transfers: [TRANSFER] })), inBlob: true };
      const blob = openedBlob([partOf(batch)]);
      const call = callOf(rollupOf, packed([{ batch }]), blob);
      const refusedThere = (done: Promise<unknown>, error: string) =>
        expect(done).to.be.revertedWithCustomError(plain.rollup, error);
      await refusedThere(sendInBlob(plain.ethers.provider, call), "NoBlobs");
      const claim = {
        proof: [...PROOF],
        c: 1n,
        words: encodeWords(SIZES[0], batch),
        beneficiary: BENEFICIARY,
      };
      await refusedThere(plain.rollup.freezeByContradictionInBlob(0, claim, claim, "0x"), "NoBlobs");
      await refusedThere(submit(plain, batch), "MalformedWord");
      await refusedThere(submitAll(plain, [{ batch }]), "MalformedWord");
    } finally {
      await plain.connection.close();
    }
  });

  it("says of each batch where its transfers are: the bit must be as the call is", async () => {
    const [inBlob] = (await run({ transfers: [TRANSFER] })) as [PublishedBatch];
    await refused(submit(bench, inBlob), "MalformedWord");
    await refused(submitAll(bench, [{ batch: inBlob }]), "MalformedWord");
    const plain = inCalldata(inBlob);
    const blob = opened([plain]);
    await refused(send(callOf(rollup, packedAll([plain]), blob)), "MalformedWord");
    // Words that are in the calldata as well.
    const both = packed([
      { batch: inBlob, words: Uint8Array.of(...encodeWords(SIZES[0], inBlob), ...new Uint8Array(31)) },
    ]);
    await refused(send(callOf(rollup, both, opened([inBlob]))), "WrongLength");
  });

  it("needs a blob, and an opening of as many values as there are batches", async () => {
    const batches = await run({ transfers: [TRANSFER] }, {});
    const call = callOf(rollup, packedAll(batches), opened(batches));
    const { blob, ...without } = call;
    await refused(send(without), "BlobMissing");
    expect(blob).not.to.equal(undefined);
    for (const opening of [
      call.opening.slice(0, -32),
      Uint8Array.of(...call.opening, ...new Uint8Array(32)),
      new Uint8Array(),
    ]) {
      await refused(send({ ...call, opening }), "WrongLength");
    }
    await refused(send({ ...call, batches: Uint8Array.of(0) }), "NoBatches");
    await send(call);
  });

  describe("refuses", () => {
    let batches: PublishedBatch[];
    let blob: OpenedBlob;
    beforeEach(async () => {
      batches = await run({ transfers: [TRANSFER, TRANSFER, TRANSFER] }, { transfers: [{ ...TRANSFER, to: 10 }] });
      blob = opened(batches);
      await expectOnly(batches, blob.z);
    });
    const call = (changes: Partial<BlobCall> = {}): BlobCall => ({
      ...callOf(rollup, packedAll(batches), blob),
      ...changes,
    });
    const withOpening = (changes: Partial<OpenedBlob["opening"]>): BlobCall =>
      call({ opening: packOpening({ ...blob.opening, ...changes }) });

    it("any other value, commitment or proof, and takes the right ones", async () => {
      const { values, proof, commitment } = blob.opening;
      await refused(send(withOpening({ values: values.with(0, values[0]! + 1n) })), "BlobNotOpened");
      await refused(send(withOpening({ values: [values[1]!, values[0]!] })), "BlobNotOpened");
      await refused(send(withOpening({ proof: commitment })), "BlobNotOpened");
      await refused(send(withOpening({ commitment: proof })), "BlobNotOpened");
      await send(call());
    });

    it("a value that is one only modulo the field's order", async () => {
      const { values } = blob.opening;
      await refused(send(withOpening({ values: values.with(0, values[0]! + BLOB_ORDER) })), "EvaluationNotInField");
      await refused(send(withOpening({ values: values.with(1, values[1]! + BLOB_ORDER) })), "EvaluationNotInField");
    });

    it("values that make the right sum and are not the batches' own: then the proofs are of others", async () => {
      const { values } = blob.opening;
      const offset = blob.z ** 2n % BLOB_ORDER;
      const shifted = [(values[0]! + offset) % BLOB_ORDER, (values[1]! - 1n + BLOB_ORDER) % BLOB_ORDER];
      await refused(send(withOpening({ values: shifted })), "InvalidProof");
    });

    it("a blob that differs in a word, though it is opened rightly, and though it has the same value there", async () => {
      const [first, ...rest] = blob.coefficients as [bigint, ...bigint[]];
      const other = opened(batches, [first + 1n, ...rest]);
      await refused(send(callOf(rollup, packedAll(batches), other)), "BlobNotOpened");
      // Another one with the same value at the old point: it has another point.
      const bent = bentAt(blob.z, blob.coefficients);
      expect(evaluateBlob(bent, blob.z)).to.equal(evaluateBlob(blob.coefficients, blob.z));
      expect(opened(batches, bent).z).not.to.equal(blob.z);
      const parts = batches.map((batch) => partOf(batch));
      const atOld = openedBlob(parts, bent, blob.z);
      await refused(send(callOf(rollup, packedAll(batches), atOld)), "BlobNotOpened");
    });

    it("the blob with the batches of it in another order, or one of them alone", async () => {
      await refused(send(callOf(rollup, packedAll([batches[0]!]), blob)), "WrongLength");
      const alone = opened([batches[0]!], [...blob.coefficients]);
      await refused(send(callOf(rollup, packedAll([batches[0]!]), alone)), "BlobNotOpened");
    });

    it("a proof for another point: one that was chosen, and not hashed of all that the batches say", async () => {
      await expectOnly(batches, 5n);
      await refused(send(call()), "InvalidProof");
      const fixed = openedBlob(
        batches.map((batch) => partOf(batch)),
        undefined,
        5n,
      );
      await refused(send(callOf(rollup, packedAll(batches), fixed)), "BlobNotOpened");
    });
  });

  /** Other words of the same value at a point: so many of z less, and the rest made up for in the lowest word. */
  function bentAt(z: bigint, [lowest, second, ...others]: readonly bigint[]): bigint[] {
    for (let more = 1n; ; more++) {
      const rest = (((lowest! - more * z) % BLOB_ORDER) + BLOB_ORDER) % BLOB_ORDER;
      if (rest < 2n ** 248n) return [rest, second! + more, ...others];
    }
  }

  it("has 0 as the value of a batch without transfers, and not the field's order", async () => {
    const batches = await run({ transfers: [TRANSFER] }, {});
    const blob = opened(batches);
    const { values } = blob.opening;
    expect(values[1]).to.equal(0n);
    const call = callOf(rollup, packedAll(batches), blob);
    const opening = packOpening({ ...blob.opening, values: [values[0]!, BLOB_ORDER] });
    await refused(send({ ...call, opening }), "EvaluationNotInField");
    await send(call);
  });

  // Size 0's verifier accepts everything, as after a broken setup; that of size 1 accepts one proof of one batch.
  describe("contradiction", () => {
    interface Claim {
      proof: bigint[];
      c: bigint;
      words: Uint8Array;
      beneficiary: string;
    }
    const claim = (batch: PublishedBatch, changes: Partial<Claim> = {}, size = SIZES[0]): Claim => ({
      ...{ proof: [...PROOF], c: COMMITMENT, words: encodeWords(size, batch), beneficiary: BENEFICIARY },
      ...changes,
    });
    const coefficientBytes = (coefficients: readonly bigint[]): Uint8Array =>
      Uint8Array.from(coefficients.flatMap((word) => [...Buffer.from(word.toString(16).padStart(62, "0"), "hex")]));

    /** Evidence that `other` has the same transfers as a batch that was submitted with a blob. */
    function evidenceOf(
      submitted: readonly PublishedBatch[],
      other: Claim,
      { place = 0, size = SIZES[0] as (typeof SIZES)[number] } = {},
    ) {
      const blob = openedBlob(submitted.map((batch) => partOf(batch, size)));
      const digest = digestOf(other.c, BigInt(other.beneficiary), other.words);
      const contents = Buffer.from(
        solidityPackedKeccak256(["bytes"], [coefficientBytes(blob.coefficients)]).slice(2),
        "hex",
      );
      const z = blobPointOf(blob.versionedHash, [contents, digest]);
      const { opening } = openedBlob([], blob.coefficients, z);
      const digests = submitted.map((batch) => partOf(batch, size).digest);
      const { versionedHash, coefficients } = blob;
      const { commitment, proof } = opening;
      const evidence = { versionedHash, commitment, proof, place, digests, coefficients };
      return { blob, z, evidence, bytes: packEvidence(evidence) };
    }
    const freeze = (one: Claim, other: Claim, evidence: Uint8Array, size = 0) =>
      bench.rollup.connect(bench.mallory).freezeByContradictionInBlob(size, one, other, evidence);

    it("freezes: two proofs lead from the same words and the same transfers in a blob to different roots", async () => {
      const submitted = await run({ transfers: [TRANSFER, TRANSFER, TRANSFER] }, { transfers: [TRANSFER] });
      for (const [i, place] of [0, 2].entries()) {
        const other = claim({ ...submitted[i]!, newRoot: 77n }, { c: 5n });
        const { bytes } = evidenceOf(submitted, other, { place });
        const snapshot = await bench.networkHelpers.takeSnapshot();
        await expect(freeze(claim(submitted[i]!), other, bytes)).to.emit(bench.rollup, "Frozen");
        await snapshot.restore();
      }
    });

    it("has both proofs verified at their points: the submitted one's, and that of the blob's contents", async () => {
      const submitted = await run({ transfers: [TRANSFER, TRANSFER, TRANSFER] });
      const [batch] = submitted as [PublishedBatch];
      const lie = { ...batch, newRoot: 77n };
      const other = claim(lie, {}, SIZES[1]);
      const { blob, z, bytes } = evidenceOf(submitted, other, { size: SIZES[1] });
      const [one] = [claim(batch, {}, SIZES[1])];
      await bench.expecting.expect([...PROOF] as Proof, signals(batch, blob.z, SIZES[1]));
      await refused(freeze(one, other, bytes, 1), "InvalidProof");
      await bench.expecting.expect([...PROOF] as Proof, signals(lie, z, SIZES[1]));
      await refused(freeze(one, other, bytes, 1), "InvalidProof");
      expect(z).not.to.equal(blob.z);
    });

    it("is none of words, transfers, place or blob that differ, and none of what was not submitted", async () => {
      const submitted = await run(
        { transfers: [TRANSFER, TRANSFER, TRANSFER] },
        { transfers: [{ ...TRANSFER, to: 4 }] },
      );
      const one = claim(submitted[0]!);
      const other = claim({ ...submitted[0]!, newRoot: 77n });
      const { evidence, bytes } = evidenceOf(submitted, other);
      const same = claim(submitted[0]!, { c: 9n });
      await refused(freeze(one, same, evidenceOf(submitted, same).bytes), "NoContradiction");
      for (const change of [{ batchNumber: 9 }, { timestamp: 1 }, { feeAccount: 3 }, { transfers: [TRANSFER] }]) {
        const differs = claim({ ...submitted[0]!, newRoot: 77n, ...change });
        await refused(freeze(one, differs, evidenceOf(submitted, differs).bytes), "NoContradiction");
      }
      // A digest that is not the batch's, and none.
      for (const digests of [[evidence.digests[1]!], []]) {
        await refused(freeze(one, other, packEvidence({ ...evidence, digests })), "NoContradiction");
      }
      const { coefficients, versionedHash } = evidence;
      const changed = [coefficients.with(0, 1n), coefficients.slice(0, -1), [...coefficients, 1n]];
      for (const words of changed) {
        await refused(freeze(one, other, packEvidence({ ...evidence, coefficients: words })), "BlobNotOpened");
      }
      const wrong = Buffer.from(versionedHash);
      wrong[5]! ^= 1;
      await refused(freeze(one, other, packEvidence({ ...evidence, versionedHash: wrong })), "BlobNotOpened");
      // Coefficients that the blob does not have.
      for (const cut of [packEvidence({ ...evidence, place: 2 }), bytes.slice(0, 140)]) {
        await expect(freeze(one, other, cut)).to.be.revertedWithoutReason(bench.ethers);
      }
      // Batches whose transfers are in calldata are compared by the other call.
      const plain = inCalldata(submitted[0]!);
      await refused(bench.rollup.freezeByContradiction(0, one, other), "MalformedWord");
      const plainOther = claim({ ...plain, newRoot: 77n });
      const plainEvidence = evidenceOf([plain], plainOther);
      await refused(freeze(claim(plain), plainOther, plainEvidence.bytes), "MalformedWord");
      await freeze(one, other, bytes);
      await refused(freeze(one, other, bytes), "RollupFrozen");
    });

    it("evaluates the same words at both points: those from the place named on, as many as the batch's transfers have", async () => {
      const submitted = await run(
        { transfers: [TRANSFER, TRANSFER] },
        { transfers: [{ ...TRANSFER, to: 4 }, TRANSFER] },
      );
      const one = claim(submitted[1]!);
      const other = claim({ ...submitted[1]!, newRoot: 77n });
      const opener = await bench.ethers.getContractAt("BlobOpener", await bench.rollup.blobOpener());
      for (const place of [0, 1]) {
        const { blob, z, bytes } = evidenceOf(submitted, other, { place });
        const words = [blob.coefficients[place]!];
        const evaluations = await opener.openSame(one, other, bytes);
        expect(evaluations.map((evaluation) => [...evaluation])).to.deep.equal([
          [true, blob.z, evaluateBlob(words, blob.z)],
          [true, z, evaluateBlob(words, z)],
        ]);
      }
    });
  });
});
