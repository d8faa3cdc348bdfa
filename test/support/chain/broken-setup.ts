import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { network } from "hardhat";
import { ZeroAddress, type BaseContract, type Signer } from "ethers";
import { zKey } from "snarkjs";
import { buildContracts, deployContract } from "../../../fixture/build.ts";
import { providerRpc, type Rpc } from "../../../node/l1/rpc.ts";
import type { BatchSize } from "../../../protocol/constants.ts";
import { encodeWords, type PublishedBatch } from "../../../protocol/words.ts";
import { BUILD } from "../../../prover/artifacts/artifacts.ts";
import { ensureCompiled, type CircuitArtifacts } from "../../../prover/artifacts/circuit-cache.ts";
import { publishKeys } from "../../../prover/artifacts/published.ts";
import { writeJointVerifier } from "../../../prover/artifacts/joint-verifier.ts";
import { writeVerifier } from "../../../prover/artifacts/verifier.ts";
import type { SolidityProof } from "../../../prover/files/proof-format.ts";
import { sha256File, toJson } from "../../../prover/files/whole-files.ts";
import { makeKey } from "../../../prover/setup/development-key.ts";
import type { IVerifier, Rollup } from "../../../types/generated/index.ts";
import { chainCircuit } from "../prover/chain-circuit.ts";
import { forgeProof, KEPT } from "./forge.ts";
import type { enqueue } from "./l1-queue.ts";
import { BENEFICIARY, COMMITMENT, nextBatch, publicSignals } from "./rollup.ts";

/** A rollup whose verifier is real, of a key whose secrets are known: it takes a proof of anything. */
export interface BrokenSetup {
  readonly rollup: Rollup;
  readonly verifier: IVerifier;
  readonly operator: Signer;
  /** The chain's JSON-RPC. */
  readonly rpc: Rpc;
  /** For `nextBatch` and `enqueue`. */
  readonly bench: Parameters<typeof nextBatch>[0] & Parameters<typeof enqueue>[0];
  /** A proof of these public signals. */
  forge(signals: PublicSignals, randomness?: [bigint, bigint]): SolidityProof;
  /** A batch with its proof, as `submitBatch` and `freezeByContradiction` take it: for a blob's point, if it is in one. */
  prove(size: BatchSize, batch: PublishedBatch, randomness?: [bigint, bigint], z?: bigint): ForgedBatch;
  /** Writes the circuit's files to a folder, as a rollup's keys are published. */
  publish(folder: string): Promise<void>;
  /** Removes the verifiers' sources, and all that was made. */
  close(): Promise<void>;
}

type PublicSignals = ReturnType<typeof publicSignals>;

interface ForgedBatch {
  readonly proof: [...SolidityProof];
  readonly c: bigint;
  readonly words: Uint8Array;
  readonly beneficiary: string;
}

/**
 * Deploys a rollup of these sizes, all with the one verifier, which is named after the test; so is the joint one.
 *
 * @param compiled the circuit, where true proofs are to be made besides; by default a small one that is no batch's
 */
export async function deployBroken(
  name: string,
  sizes: readonly BatchSize[],
  blobs = false,
  compiled?: CircuitArtifacts,
): Promise<BrokenSetup> {
  const folder = await mkdtemp(join(tmpdir(), "sheaf-"));
  const [zkey, verificationKeyPath] = [join(folder, "known.zkey"), join(folder, "verification_key.json")];
  const circuit = compiled ?? (await ensureCompiled(await chainCircuit(), folder));
  await makeKey(circuit.r1cs, zkey, KEPT);
  const key = await zKey.exportVerificationKey(zkey);
  await writeFile(verificationKeyPath, toJson(key));
  const artifacts = { folder, zkey, hash: await sha256File(zkey), verificationKey: key, verificationKeyPath };
  const setup = "development-INSECURE" as const;
  const { path, contractName } = await writeVerifier(name, { ...artifacts, setup }, BUILD.verifiers);
  const circuits = sizes.map(() => ({ name, key: { ...artifacts, setup } }));
  const joint = await writeJointVerifier(circuits, BUILD.verifiers);
  await buildContracts();

  const connection = await network.create();
  const [owner, operator] = await connection.ethers.getSigners();
  const verifier = await deployContract<IVerifier>(path, contractName, owner!);
  const onL1 = { verifier: verifier.target, circuitHash: `0x${circuit.hash}`, keyHash: `0x${artifacts.hash}` };
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
    rpc: providerRpc(connection.provider),
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
    publish: async (to) => {
      const deployment = { deployment: name, chainId: 31337, rollup: await rollup.getAddress(), block: 0 };
      await publishKeys(to, deployment, [{ circuit, key: { ...artifacts, setup } }]);
    },
    close: async () => {
      await rm(folder, { recursive: true });
      for (const source of [path, joint.path]) await rm(source, { force: true });
    },
  };
}
