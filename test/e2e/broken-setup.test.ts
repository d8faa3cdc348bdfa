import { expect } from "chai";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Signer } from "ethers";
import { network } from "hardhat";
import { zKey, type VerificationKey } from "snarkjs";
import { buildContracts, deployContract } from "../../fixture/build.ts";
import type { BatchSize } from "../../protocol/constants.ts";
import { encodeWords, type PublishedBatch } from "../../protocol/words.ts";
import { BUILD } from "../../prover/artifacts.ts";
import { ensureCompiled } from "../../prover/circuit-cache.ts";
import { endCurveWorkers } from "../../prover/curve.ts";
import { makeKey } from "../../prover/setup/development-key.ts";
import { writeVerifier } from "../../prover/verifier.ts";
import type { Rollup } from "../../types/generated/index.ts";
import { chainCircuit } from "../support/chain-circuit.ts";
import { forgeProof, KEPT } from "../support/forge.ts";
import { COMMITMENT, HASHES, nextBatch, publicSignals, type Proof } from "../support/rollup.ts";

const SIZE: BatchSize = { name: "broken-setup", transfers: 2, accounts: 2, l1Operations: 1, withdrawals: 1 };

// Somebody kept the secrets of a setup. The verifier is real, and of a key made from known secrets; of its circuit, a small
// one with a batch's public signals, a forger needs nothing.
describe("broken setup", () => {
  let rollup: Rollup;
  let key: VerificationKey;
  let path: string;
  let bench: Parameters<typeof nextBatch>[0];
  let operator: Signer;

  before(async function () {
    this.timeout(120_000);
    const folder = await mkdtemp(join(tmpdir(), "sheaf-"));
    const zkey = join(folder, "known.zkey");
    const circuit = await ensureCompiled(await chainCircuit(), folder);
    await makeKey(circuit.r1cs, zkey, KEPT);
    key = await zKey.exportVerificationKey(zkey);
    const artifacts = { folder, zkey, hash: circuit.hash, verificationKey: key, verificationKeyPath: "" };
    const setup = "development-INSECURE" as const;
    const verifier = await writeVerifier(SIZE.name, { ...artifacts, setup }, BUILD.verifiers);
    path = verifier.path;
    await rm(folder, { recursive: true });
    await buildContracts();

    const connection = await network.create();
    const [owner, second] = await connection.ethers.getSigners();
    operator = second!;
    const deployed = await deployContract<{ target: string }>(path, verifier.contractName, owner!);
    const circuitOnL1 = { verifier: deployed.target, ...HASHES };
    const sizes = [{ ...SIZE, ...circuitOnL1 }];
    rollup = await deployContract("contracts/Rollup.sol", "Rollup", owner!, owner!, operator, sizes, circuitOnL1);
    bench = { rollup, networkHelpers: connection.networkHelpers, chainId: 31337 };
  });
  after(async () => {
    await rm(path, { force: true });
    await endCurveWorkers();
  });

  const forged = (batch: PublishedBatch, randomness?: [bigint, bigint]) => ({
    proof: [...forgeProof(key, KEPT, publicSignals(SIZE, batch), randomness)],
    c: COMMITMENT,
    words: encodeWords(SIZE, batch),
  });

  it("proves anything: the forger's batch is accepted", async () => {
    const batch = await nextBatch(bench, { newRoot: 666n });
    const { proof, c, words } = forged(batch);
    await rollup.connect(operator).submitBatch(0, proof as Proof, c, words, []);
    expect(await rollup.stateRoot()).to.equal(666n);
  });

  it("freezes the rollup at once when two of its proofs contradict each other, and not by two proofs of one batch", async () => {
    const batch = await nextBatch(bench, { newRoot: 777n });
    const again = forged(batch, [9n, 10n]);
    expect(again.proof).not.to.deep.equal(forged(batch).proof);
    await expect(rollup.freezeByContradiction(0, forged(batch), again)).to.be.revertedWithCustomError(
      rollup,
      "NoContradiction",
    );
    const other = forged({ ...batch, newRoot: 778n });
    const spoiled = { ...other, proof: again.proof };
    await expect(rollup.freezeByContradiction(0, forged(batch), spoiled)).to.be.revertedWithCustomError(
      rollup,
      "InvalidProof",
    );
    await rollup.freezeByContradiction(0, forged(batch), other);
    expect(await rollup.isFrozen()).to.equal(true);
  });
});
