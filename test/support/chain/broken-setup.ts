import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { network } from "hardhat";
import { ZeroAddress, type BaseContract, type Signer } from "ethers";
import { zKey } from "snarkjs";
import { buildContracts, deployContract } from "../../../fixture/build.ts";
import type { BatchSize } from "../../../protocol/constants.ts";
import { encodeWords, type PublishedBatch } from "../../../protocol/words.ts";
import { BUILD } from "../../../prover/artifacts/artifacts.ts";
import { ensureCompiled } from "../../../prover/artifacts/circuit-cache.ts";
import { writeJointVerifier } from "../../../prover/artifacts/joint-verifier.ts";
import { writeVerifier } from "../../../prover/artifacts/verifier.ts";
import type { SolidityProof } from "../../../prover/files/proof-format.ts";
import { makeKey } from "../../../prover/setup/development-key.ts";
import type { IVerifier, Rollup } from "../../../types/generated/index.ts";
import { chainCircuit } from "../prover/chain-circuit.ts";
import { forgeProof, KEPT } from "./forge.ts";
import type { enqueue } from "./l1-queue.ts";
import { BENEFICIARY, COMMITMENT, HASHES, nextBatch, publicSignals } from "./rollup.ts";

/** A rollup whose verifier is real, of a key whose secrets are known: it takes a proof of anything. */
export interface BrokenSetup {
  readonly rollup: Rollup;
  readonly verifier: IVerifier;
  readonly operator: Signer;
  /** For `nextBatch` and `enqueue`. */
  readonly bench: Parameters<typeof nextBatch>[0] & Parameters<typeof enqueue>[0];
  /** A proof of these public signals. */
  forge(signals: PublicSignals, randomness?: [bigint, bigint]): SolidityProof;
  /** A batch with its proof, as `submitBatch` and `freezeByContradiction` take it: for a blob's point, if it is in one. */
  prove(size: BatchSize, batch: PublishedBatch, randomness?: [bigint, bigint], z?: bigint): ForgedBatch;
  /** Removes the verifiers' sources. */
  close(): Promise<void>;
}

type PublicSignals = ReturnType<typeof publicSignals>;

interface ForgedBatch {
  readonly proof: [...SolidityProof];
  readonly c: bigint;
  readonly words: Uint8Array;
  readonly beneficiary: string;
}

/** Deploys a rollup of these sizes, all with the one verifier, which is named after the test; so is the joint one. */
export async function deployBroken(name: string, sizes: readonly BatchSize[], blobs = false): Promise<BrokenSetup> {
  const folder = await mkdtemp(join(tmpdir(), "sheaf-"));
  const zkey = join(folder, "known.zkey");
  const circuit = await ensureCompiled(await chainCircuit(), folder);
  await makeKey(circuit.r1cs, zkey, KEPT);
  const key = await zKey.exportVerificationKey(zkey);
  const artifacts = { folder, zkey, hash: circuit.hash, verificationKey: key, verificationKeyPath: "" };
  const setup = "development-INSECURE" as const;
  const { path, contractName } = await writeVerifier(name, { ...artifacts, setup }, BUILD.verifiers);
  const circuits = sizes.map(() => ({ name, key: { ...artifacts, setup } }));
  const joint = await writeJointVerifier(circuits, BUILD.verifiers);
  await rm(folder, { recursive: true });
  await buildContracts();

  const connection = await network.create();
  const [owner, operator] = await connection.ethers.getSigners();
  const verifier = await deployContract<IVerifier>(path, contractName, owner!);
  const onL1 = { verifier: verifier.target, ...HASHES };
  const rows = sizes.map((size) => ({ ...size, ...onL1 }));
  const { target } = await deployContract<BaseContract>(joint.path, joint.contractName, owner!);
  const opener = blobs ? (await connection.ethers.deployContract("BlobOpener")).target : ZeroAddress;
  const parameters = [owner!, operator!, rows, onL1, target, opener];
  const rollup = await deployContract<Rollup>("contracts/Rollup.sol", "Rollup", owner!, ...parameters);
  const forge: BrokenSetup["forge"] = (signals, randomness) => forgeProof(key, KEPT, signals, randomness);
  return {
    rollup,
    verifier,
    operator: operator!,
    forge,
    bench: {
      ...{ rollup, networkHelpers: connection.networkHelpers, ethers: connection.ethers },
      ...{ alice: owner!, chainId: 31337 },
    },
    prove: (size, batch, randomness, z) => ({
      proof: [...forge(publicSignals(size, batch, COMMITMENT, z), randomness)],
      c: COMMITMENT,
      words: encodeWords(size, batch),
      beneficiary: BENEFICIARY,
    }),
    close: async () => {
      for (const source of [path, joint.path]) await rm(source, { force: true });
    },
  };
}
