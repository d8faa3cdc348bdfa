import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { ROOT } from "../../lib/root.ts";

/** Those that are deployed as they are; the libraries are inlined. */
export const CONTRACTS = ["Rollup", "BlobOpener"] as const;
/** The compiler's old pipeline, with as little work as keeps the contract within EIP-170: a mutant need not be cheap. */
const SETTINGS = { evmVersion: "cancun", optimizer: { enabled: true, runs: 1 } };

interface Solc {
  compile(input: string, callbacks: { import(path: string): { contents: string } }): string;
}

interface Output {
  readonly errors?: readonly { readonly severity: string; readonly formattedMessage: string }[];
  readonly contracts?: Record<string, Record<string, Bytecodes>>;
}

interface Bytecodes {
  readonly evm: Record<"bytecode" | "deployedBytecode", { readonly object: string }>;
}

/** Creation code and runtime code, `0x…`. */
export interface CompiledContract {
  readonly bytecode: string;
  readonly deployedBytecode: string;
}

const solc = createRequire(import.meta.url)("solc") as Solc;

/**
 * Compiles `CONTRACTS`, in which all the libraries are inlined.
 *
 * @param sources text of each contract by path, relative to contracts/
 * @returns by name; undefined if one does not compile
 */
export function compileContracts(
  sources: ReadonlyMap<string, string>,
): ReadonlyMap<string, CompiledContract> | undefined {
  const selected = ["evm.bytecode.object", "evm.deployedBytecode.object"];
  const output = JSON.parse(
    solc.compile(
      JSON.stringify({
        language: "Solidity",
        sources: Object.fromEntries([...sources].map(([path, content]) => [`contracts/${path}`, { content }])),
        settings: {
          ...SETTINGS,
          outputSelection: { "*": Object.fromEntries(CONTRACTS.map((name) => [name, selected])) },
        },
      }),
      { import: (path) => ({ contents: readFileSync(join(ROOT, "node_modules", path), "utf8") }) },
    ),
  ) as Output;
  if (output.errors?.some(({ severity }) => severity === "error")) return undefined;
  const codes = CONTRACTS.map((name) => {
    const { evm } = output.contracts![`contracts/${name}.sol`]![name]!;
    const code = { bytecode: `0x${evm.bytecode.object}`, deployedBytecode: `0x${evm.deployedBytecode.object}` };
    return [name, code] as const;
  });
  return new Map(codes);
}
