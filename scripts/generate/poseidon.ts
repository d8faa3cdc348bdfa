import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { ModuleBuilder } from "wasmbuilder";
import { buildF1m } from "wasmcurves";
import { FIELD_ORDER } from "../../protocol/constants.ts";

/** Bytes of a field element. */
const ELEMENT = 32;
const PAGE = 1 << 16;

/** For each number of inputs, from 1 on: round constants, sparse matrices and full ones, of the optimised rounds. */
type Constants = Record<"C" | "S" | "M" | "P", unknown[]>;

const SOURCES = join(dirname(createRequire(import.meta.url).resolve("circomlibjs")), "../src");
const sourceOf = async (name: string): Promise<unknown> => import(pathToFileURL(join(SOURCES, name)).href);
const { default: constants } = (await sourceOf("poseidon_constants_opt.js")) as { default: Constants };
const { buildPoseidonWasm } = (await sourceOf("poseidon_wasm.js")) as {
  buildPoseidonWasm(module: ModuleBuilder): void;
};

/**
 * The text of a module of `protocol/generated/` that has circomlibjs' Poseidon for some numbers of inputs, as WebAssembly.
 * circomlibjs makes it for all numbers each time that a program starts, which takes that a second, and a page a megabyte.
 */
export function poseidonModule(counts: readonly number[]): string {
  const module = new ModuleBuilder();
  module.setMemory(0);
  buildF1m(module, FIELD_ORDER, "frm", "int");
  withConstantsOf(counts, () => buildPoseidonWasm(module));
  const [state, inputs, output] = [1, Math.max(...counts), 1].map((elements) => module.alloc(elements * ELEMENT));
  // The import names the memory's least size, which is known at the end.
  const pages = Math.ceil(module.free / PAGE);
  module.setMemory(pages);
  const binary = Buffer.from(module.build()).toString("base64");
  return [
    "// Generated from circomlibjs by `npm run generate`.",
    "",
    `/** Poseidon with ${counts.join(", ")} inputs: addresses in bytes, elements in Montgomery form. */`,
    "export default {",
    `  counts: [${counts.join(", ")}],`,
    `  pages: ${pages},`,
    `  state: ${state},`,
    `  inputs: ${inputs},`,
    `  output: ${output},`,
    `  binary:`,
    `    "${binary}",`,
    "};",
    "",
  ].join("\n");
}

/** circomlibjs' builder reads these tables, which are put back: in this process others may build all of Poseidon. */
function withConstantsOf(counts: readonly number[], build: () => void): void {
  const whole = { ...constants };
  for (const key of ["C", "S", "M", "P"] as const) {
    constants[key] = whole[key].map((values, place) => (counts.includes(place + 1) ? values : []));
  }
  try {
    build();
  } finally {
    Object.assign(constants, whole);
  }
}
