import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bn254 } from "@noble/curves/bn254.js";
import { concat, Contract, ContractFactory, keccak256, toBeHex, type InterfaceAbi, type Signer } from "ethers";
import { zKey, type VerificationKey } from "snarkjs";
import { FIELD_ORDER } from "../../../protocol/constants.ts";
import { ensureCompiled } from "../../../prover/artifacts/circuit-cache.ts";
import { jointVerifier, type JointCircuit } from "../../../prover/artifacts/joint-verifier.ts";
import { writeVerifier, type VerifierSource } from "../../../prover/artifacts/verifier.ts";
import { snarkjsProver } from "../../../prover/backends/snarkjs.ts";
import { solidityProof } from "../../../prover/files/proof-format.ts";
import { makeKey } from "../../../prover/setup/development-key.ts";
import type { Trapdoor } from "../../../prover/setup/trapdoor.ts";
import { CHAIN_INPUT, chainCircuit } from "../prover/chain-circuit.ts";
import { KEPT } from "./forge.ts";

/** A proof with what it is said to show, as a joint verifier takes it: `[key, proof, public signals]`. */
export interface Statement {
  readonly key: number;
  readonly proof: readonly bigint[];
  readonly publicSignals: readonly bigint[];
}

/** Keys 0 and 1 come from one powers of tau, key 2 from another. */
export const TRAPDOORS: readonly Trapdoor[] = [
  KEPT,
  { ...KEPT, delta: 0xde17a_2n },
  { tau: 0x7a1_3n, alpha: 0xa1fa_3n, beta: 0xbe7a_3n, delta: 0xde17a_3n },
];

/** Keys of one small circuit, by secrets that a test knows, with real proofs. */
export interface JointSetup {
  readonly keys: readonly VerificationKey[];
  /** Proofs that a prover made from witnesses, by key: of different public signals. */
  readonly real: readonly (readonly Statement[])[];
  /** snarkjs' verifiers of the keys, one for each. */
  readonly single: readonly VerifierSource[];
  close(): Promise<void>;
}

/** @param proofs of each key */
export async function jointSetup(proofs: number): Promise<JointSetup> {
  const folder = await mkdtemp(join(tmpdir(), "sheaf-"));
  const circuit = await ensureCompiled(await chainCircuit(), folder);
  const [keys, real, single]: [VerificationKey[], Statement[][], VerifierSource[]] = [[], [], []];
  for (const [id, trapdoor] of TRAPDOORS.entries()) {
    const zkey = join(folder, `${id}.zkey`);
    await makeKey(circuit.r1cs, zkey, trapdoor);
    const verificationKey = await zKey.exportVerificationKey(zkey);
    const artifacts = { folder, zkey, hash: circuit.hash, verificationKey, verificationKeyPath: "" };
    const setup = "development-INSECURE" as const;
    single.push(await writeVerifier(`joint-single-${id}`, { ...artifacts, setup }, folder));
    const prover = snarkjsProver({ ...circuit, zkey, verificationKey });
    const made: Statement[] = [];
    for (let i = 0; i < proofs; i++) {
      const { alpha, z, x } = CHAIN_INPUT;
      const points = { alpha: alpha + BigInt(i), z: z + BigInt(2 * i) };
      const { proof, publicSignals } = await prover.prove({ ...points, x: [x[0], BigInt(100 * id + i)] });
      made.push({ key: id, proof: solidityProof(proof), publicSignals: publicSignals.map(BigInt) });
    }
    await prover.close();
    keys.push(verificationKey);
    real.push(made);
  }
  return { keys, real, single, close: () => rm(folder, { recursive: true }) };
}

/** The circuits' part of `jointVerifier`, made up around keys. */
export const circuitsOf = (keys: readonly VerificationKey[]): readonly JointCircuit[] =>
  keys.map((verificationKey, id) => ({
    name: `circuit-${id}`,
    key: { setup: "development-INSECURE", hash: toBeHex(id, 32).slice(2), verificationKey },
  }));

interface Solc {
  compile(input: string): string;
}
interface Output {
  readonly errors?: readonly { readonly severity: string; readonly formattedMessage: string }[];
  readonly contracts: Record<string, Record<string, { abi: InterfaceAbi; evm: { bytecode: { object: string } } }>>;
}

/** Deploys the verifier of these keys, or what a change of its source makes of it. */
export async function deployJoint(
  signer: Signer,
  keys: readonly VerificationKey[],
  change: (source: string) => string = (source) => source,
): Promise<JointContract> {
  const content = change(jointVerifier("Joint", circuitsOf(keys)));
  const { abi, bytecode } = compiled(content, "Joint");
  const contract = await new ContractFactory(abi, bytecode, signer).deploy();
  return new Contract(await contract.getAddress(), abi, signer) as JointContract;
}

/** Not optimized, as that takes seconds. */
function compiled(content: string, name: string) {
  const settings = { evmVersion: "cancun", outputSelection: { "*": { "*": ["abi", "evm.bytecode.object"] } } };
  const input = { language: "Solidity", sources: { source: { content } }, settings };
  const solc = createRequire(import.meta.url)("solc") as Solc;
  const { errors = [], contracts } = JSON.parse(solc.compile(JSON.stringify(input))) as Output;
  const failures = errors.filter(({ severity }) => severity === "error");
  if (failures.length > 0) throw new Error(failures.map((error) => error.formattedMessage).join("\n"));
  const { abi, evm } = contracts["source"]![name]!;
  return { abi, bytecode: evm.bytecode.object };
}

/** snarkjs' verifiers of the keys, deployed: whether a proof is valid by the one of its key. */
export async function deploySingles(
  signer: Signer,
  { single }: JointSetup,
): Promise<(one: Statement) => Promise<boolean>> {
  const verifiers: Contract[] = [];
  for (const { path, contractName } of single) {
    const { abi, bytecode } = compiled(await readFile(path, "utf8"), contractName);
    const contract = await new ContractFactory(abi, bytecode, signer).deploy();
    verifiers.push(new Contract(await contract.getAddress(), abi, signer));
  }
  return ({ key, proof: [ax, ay, x1, x0, y1, y0, cx, cy], publicSignals }) =>
    verifiers[key]!.getFunction("verifyProof")(
      [ax, ay],
      [
        [x1, x0],
        [y1, y0],
      ],
      [cx, cy],
      publicSignals,
    ) as Promise<boolean>;
}

export type JointContract = Contract & {
  verifyProofs(statements: readonly Statement[], options?: { gasLimit: number }): Promise<boolean>;
  keyHash(key: number): Promise<string>;
  SETUP(): Promise<string>;
};

/** Words of a statement before its public signals, and where its parts are. */
export const PARTS = { key: [0, 1], a: [1, 3], b: [3, 7], c: [7, 9], publicSignals: [9, undefined] } as const;
export type Part = keyof typeof PARTS;

/** The coefficient that a seed gives a proof behind the first. */
export const coefficient = (seed: string, i: number, modulus = FIELD_ORDER): bigint =>
  BigInt(keccak256(concat([seed, toBeHex(i, 32)]))) % modulus;

/** The seed: a hash of all the calldata. */
export const seedOf = (joint: JointContract, statements: readonly Statement[]): string =>
  keccak256(joint.interface.encodeFunctionData("verifyProofs", [statements]));

/** A seed that leaves a part of each statement out, as `withoutPart` makes the contract draw it. */
export function seedWithout(part: Part, statements: readonly Statement[]): string {
  const [from, to] = PARTS[part];
  return statements.reduce(
    (seed, { key, proof, publicSignals }) => {
      const words = [BigInt(key), ...proof, ...publicSignals].map((word) => toBeHex(word, 32));
      return keccak256(concat([seed, ...words.filter((_, i) => i < from || (to !== undefined && i >= to))]));
    },
    `0x${"00".repeat(32)}`,
  );
}

/** Takes a part of each statement out of a joint verifier's seed. */
export const withoutPart =
  (part: Part) =>
  (source: string): string => {
    const [from, to] = PARTS[part];
    const end = to === undefined ? "size" : String(32 * to);
    return replaced(
      source,
      "bytes32 seed = keccak256(msg.data);",
      `bytes32 seed;
        for (uint256 i = 0; i < count; ++i) {
            uint256 size = (msg.data.length - 68) / count;
            uint256 at = 68 + i * size;
            seed = keccak256(bytes.concat(seed, msg.data[at:at + ${32 * from}], msg.data[at + ${end}:at + size]));
        }`,
    );
  };

/** Throws if the text does not hold what is to be replaced, once. */
export function replaced(text: string, from: string, to: string): string {
  const parts = text.split(from);
  if (parts.length !== 2) throw new Error(`the source has ${parts.length - 1} times: ${from}`);
  return parts.join(to);
}

const { G1, G2 } = bn254;
const Fp2 = bn254.fields.Fp2;
type G1Point = typeof G1.Point.BASE;
type G2Point = typeof G2.Point.BASE;

/** The statement with a point added to its A or C. */
export function plusG1(statement: Statement, part: "a" | "c", point: G1Point): Statement {
  const at = PARTS[part][0] - 1;
  const [x, y] = [statement.proof[at]!, statement.proof[at + 1]!];
  const sum = G1.Point.fromAffine({ x, y }).add(point).toAffine();
  return { ...statement, proof: statement.proof.with(at, sum.x).with(at + 1, sum.y) };
}

/** The statement with a point added to its B. */
export function plusG2(statement: Statement, point: G2Point): Statement {
  const [x1, x0, y1, y0] = statement.proof.slice(2, 6) as [bigint, bigint, bigint, bigint];
  const b = G2.Point.fromAffine({ x: { c0: x0, c1: x1 }, y: { c0: y0, c1: y1 } });
  return { ...statement, proof: withB(statement.proof, b.add(point)) };
}

export function withB(proof: readonly bigint[], point: G2Point): readonly bigint[] {
  const { x, y } = point.toAffine();
  return [...proof.slice(0, 2), x.c1, x.c0, y.c1, y.c0, ...proof.slice(6)];
}

/** A point of G2's curve outside of its subgroup. */
export function outsideSubgroup(): G2Point {
  for (let c0 = 1n; ; c0++) {
    const x = { c0, c1: 1n };
    const square = Fp2.add(Fp2.mul(Fp2.sqr(x), x), Fp2.div({ c0: 3n, c1: 0n }, { c0: 9n, c1: 1n }));
    let y;
    try {
      y = Fp2.sqrt(square);
    } catch {
      continue;
    }
    const point = G2.Point.fromAffine({ x, y });
    if (!point.isTorsionFree()) return point;
  }
}
