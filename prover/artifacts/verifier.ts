import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { zKey } from "snarkjs";
import { bySnarkjs } from "../backends/by-snarkjs.ts";
import { writeWhole } from "../files/whole-files.ts";
import type { KeyArtifacts, SetupKind } from "./key-cache.ts";

/** A generated verifier contract. */
export interface VerifierSource {
  readonly contractName: string;
  readonly path: string;
}

const PREFIX: Readonly<Record<SetupKind, string>> = {
  "development-INSECURE": "DevelopmentVerifier",
  production: "Verifier",
};
/** What `SETUP()` says. */
export const STATEMENT: Readonly<Record<SetupKind, string>> = {
  "development-INSECURE": "INSECURE development setup: whoever made this key can forge proofs",
  production: "production setup: powers of tau and a phase 2 ceremony",
};

/** Name of a circuit's verifier contract: `DevelopmentVerifierBatch4`, `VerifierBatch4`, `VerifierExit`. */
export function verifierName(circuit: string, setup: SetupKind): string {
  const camel = circuit.replace(/(^|-)([a-z0-9])/g, (_match, _dash, letter: string) => letter.toUpperCase());
  return `${PREFIX[setup]}${camel}`;
}

/**
 * Writes the Solidity verifier of a key, from snarkjs' template, to `<folder>/<contract name>.sol`. On chain, `SETUP()`
 * says how the key was made and `KEY_HASH()` which one it is.
 */
export async function writeVerifier(circuit: string, key: KeyArtifacts, folder: string): Promise<VerifierSource> {
  const contractName = verifierName(circuit, key.setup);
  const source = await bySnarkjs(async () => zKey.exportSolidityVerifier(key.zkey, { groth16: await template() }));
  const head = `contract ${contractName} {
    string public constant SETUP = "${STATEMENT[key.setup]}";
    /// @notice SHA-256 of the proving key's file.
    bytes32 public constant KEY_HASH = 0x${key.hash};
`;
  const path = join(folder, `${contractName}.sol`);
  const named = replaceOnce(source, /^contract Groth16Verifier \{$/m, head);
  if ((await readFile(path, "utf8").catch(() => undefined)) !== named) await writeWhole(path, named);
  return { contractName, path };
}

async function template(): Promise<string> {
  const snarkjs = dirname(createRequire(import.meta.url).resolve("snarkjs"));
  return readFile(join(snarkjs, "..", "templates", "verifier_groth16.sol.ejs"), "utf8");
}

function replaceOnce(text: string, pattern: RegExp, replacement: string): string {
  if (!pattern.test(text)) throw new Error(`snarkjs' verifier template has no ${pattern.source}`);
  return text.replace(pattern, () => replacement);
}
