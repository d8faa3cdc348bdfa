import { createHash } from "node:crypto";
import { cp, mkdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join, relative, resolve } from "node:path";
import { FIELD_ORDER } from "../../../protocol/constants.ts";
import { compileCircuit, type CompiledCircuit } from "../../../prover/files/compile.ts";
import { readR1cs, type R1csCounts, type R1csFile } from "../../../prover/files/r1cs.ts";
import { constraintsOf, type Constraint, type LinearCombination } from "./constraints.ts";
import { WitnessGenerator, type CircuitInput } from "./witness-generator.ts";

const ROOT = resolve(import.meta.dirname, "../../..");
const CIRCUITS = join(ROOT, "circuits");
const CACHE = join(ROOT, "build", "test-circuits");

/** A change to a circuit's source: `from` must occur exactly once in the file. */
export interface Patch {
  /** Relative to circuits/. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

export interface TemplateOptions {
  /** File with the template, relative to circuits/. */
  readonly include: string;
  /** Any template expression, such as `Poseidon(3)`. */
  readonly template: string;
  /** Names of public inputs. */
  readonly public?: readonly string[];
  /** Compiles a copy of circuits/ with these changes: to show what a guard is for. */
  readonly patches?: readonly Patch[];
}

export type { CircuitInput };

/** A compiled template under test. */
export class TestCircuit {
  readonly counts: R1csCounts;
  readonly constraints: readonly Constraint[];
  readonly prime: bigint;
  readonly #wasm: string;
  readonly #wires: ReadonlyMap<string, number>;
  #names: readonly string[] | undefined;
  #honest: Promise<WitnessGenerator> | undefined;
  #cheating: Promise<WitnessGenerator> | undefined;

  constructor(wasm: string, wires: ReadonlyMap<string, number>, r1cs: R1csFile) {
    this.#wasm = wasm;
    this.#wires = wires;
    this.counts = r1cs;
    this.constraints = constraintsOf(r1cs);
    this.prime = FIELD_ORDER;
  }

  /** Runs circom's witness generator; it throws where a `===` does not hold. Entry 0 is the constant 1. */
  async witness(input: CircuitInput): Promise<bigint[]> {
    this.#honest ??= readFile(this.#wasm).then((wasm) => WitnessGenerator.load(wasm));
    return (await this.#honest).witness(input);
  }

  /**
   * Runs circom's witness generator as a cheating prover would: it passes over each `===` that does not hold and
   * computes every signal all the same. `violated` then says what keeps the witness out.
   */
  async forge(input: CircuitInput): Promise<bigint[]> {
    this.#cheating ??= readFile(this.#wasm).then((wasm) => WitnessGenerator.load(withoutAsserts(wasm)));
    return (await this.#cheating).witness(input);
  }

  /** Whether circom's witness generator gets through, and its witness satisfies the constraints. */
  async accepts(input: CircuitInput): Promise<boolean> {
    try {
      return this.violated(await this.witness(input)).length === 0;
    } catch (error) {
      if (error instanceof Error && error.message.includes("Assert Failed")) return false;
      throw error;
    }
  }

  /** Indices of the constraints that a witness violates: none if it satisfies the circuit. */
  violated(witness: readonly bigint[]): number[] {
    return this.constraints.flatMap(([a, b, c], index) => {
      const difference = this.evaluate(a, witness) * this.evaluate(b, witness) - this.evaluate(c, witness);
      return difference % this.prime === 0n ? [] : [index];
    });
  }

  /** The value of a linear combination at a witness, in `[0, r)`. */
  evaluate(combination: LinearCombination, witness: readonly bigint[]): bigint {
    return combination.reduce((sum, [wire, coefficient]) => sum + coefficient * witness[wire]!, 0n) % this.prime;
  }

  /** Whether circom kept a signal as a wire: `--O1` drops those that equal another one or a constant. */
  has(name: string): boolean {
    return this.#wires.has(name);
  }

  /** The wire of a signal, named as circom does without the leading `main.`: `out`, `inputs[2]`, `hash.out`. */
  wire(name: string): number {
    const wire = this.#wires.get(name);
    if (wire === undefined) throw new Error(`The circuit has no wire of its own for the signal ${name}`);
    return wire;
  }

  /** The wires of a signal or, if it is an array or a component, of everything in it. */
  wiresOf(name: string): number[] {
    const inside = (other: string): boolean => other === name || /^[.[]/.test(other.slice(name.length));
    return [...this.#wires].filter(([other]) => other.startsWith(name) && inside(other)).map(([, wire]) => wire);
  }

  /** A name of a wire, for messages. */
  nameOf(wire: number): string {
    this.#names ??= namesByWire(this.#wires);
    return this.#names[wire] ?? `wire ${wire}`;
  }

  get(witness: readonly bigint[], name: string): bigint {
    return witness[this.wire(name)]!;
  }

  /** A copy of the witness with one signal changed. */
  set(witness: readonly bigint[], name: string, value: bigint): bigint[] {
    return witness.with(this.wire(name), ((value % this.prime) + this.prime) % this.prime);
  }
}

/**
 * circom's witness generator with nothing to do where a `===` does not hold. There it has
 * `if` (message) `i32.const` (line) `i32.const` (two calls that print) `i32.const 4` `return` `end`.
 */
function withoutAsserts(wasm: Uint8Array): Uint8Array {
  const number = "[\\x80-\\xff]*[\\x00-\\x7f]";
  const failure = new RegExp(
    `(\\x04\\x40)(\\x41${number}\\x41${number}\\x10${number}\\x10${number}\\x41\\x04\\x0f)(\\x0b)`,
    "g",
  );
  const code = Buffer.from(wasm).toString("latin1");
  return Buffer.from(
    code.replace(failure, (_, start: string, body: string, end: string) => start + "\x01".repeat(body.length) + end),
    "latin1",
  );
}

function namesByWire(wires: ReadonlyMap<string, number>): string[] {
  const names: string[] = [];
  for (const [name, wire] of wires) names[wire] ??= name;
  return names;
}

/** Compiles a main component of one template, once for each content of circuits/. */
export async function loadTemplate(options: TemplateOptions): Promise<TestCircuit> {
  return openCircuit(await compileOnce(options));
}

/** A circuit that has been compiled already. */
export async function openCircuit({ wasm, sym, r1cs }: CompiledCircuit): Promise<TestCircuit> {
  return new TestCircuit(wasm, await readSymbols(sym), await readR1cs(r1cs));
}

async function compileOnce(options: TemplateOptions): Promise<CompiledCircuit> {
  const { template, patches = [] } = options;
  const name = template.replace(/\W+/g, "_").replace(/_$/, "");
  const digest = await digestOf(options);
  const folder = join(CACHE, `${name}-${digest}`);
  const at = (base: string): CompiledCircuit => ({
    r1cs: join(base, "main.r1cs"),
    wasm: join(base, "main_js", "main.wasm"),
    sym: join(base, "main.sym"),
  });
  if (await exists(folder)) return at(folder);

  // Compiled beside its final place and moved there at the end, so that a folder with that name is always whole.
  const draft = `${folder}.${process.pid}`;
  await mkdir(draft, { recursive: true });
  const circuits = patches.length === 0 ? CIRCUITS : join(draft, "circuits");
  if (patches.length > 0) await cp(CIRCUITS, circuits, { recursive: true });
  for (const patch of patches) await applyPatch(circuits, patch);
  await writeFile(join(draft, "main.circom"), mainSource(options, relative(draft, circuits)));
  await compileCircuit({ source: join(draft, "main.circom"), outDir: draft });
  await rename(draft, folder).catch(async (error: unknown) => {
    if (!(await exists(folder))) throw error;
    await rm(draft, { recursive: true });
  });
  return at(folder);
}

function mainSource({ include, template, public: names = [] }: TemplateOptions, circuits: string): string {
  const list = names.length === 0 ? "" : ` {public [${names.join(", ")}]}`;
  return `pragma circom 2.2.0;\ninclude "${join(circuits, include)}";\ncomponent main${list} = ${template};\n`;
}

async function applyPatch(circuits: string, { file, from, to }: Patch): Promise<void> {
  const path = join(circuits, file);
  const source = await readFile(path, "utf8");
  const places = source.split(from).length - 1;
  if (places !== 1) throw new Error(`${JSON.stringify(from)} occurs ${places} times in ${file}, not once`);
  await writeFile(
    path,
    source.replace(from, () => to),
  );
}

/** A digest of everything that the result depends on: the main component, patches and each file that is included. */
async function digestOf(options: TemplateOptions): Promise<string> {
  const hash = createHash("sha256").update(JSON.stringify([mainSource(options, "circuits"), options.patches ?? []]));
  const files = new Map<string, string>();
  await collectIncludes(join(CIRCUITS, options.include), files);
  for (const [path, content] of [...files].sort()) hash.update(`\0${path}\0${content}`);
  return hash.digest("hex").slice(0, 16);
}

async function collectIncludes(path: string, files: Map<string, string>): Promise<void> {
  if (files.has(path) || !(await exists(path))) return; // a package's file: its version is fixed
  const content = await readFile(path, "utf8");
  files.set(path, content);
  for (const [, name] of content.matchAll(/^include "(.+)";/gm))
    await collectIncludes(join(dirname(path), name!), files);
}

/** Lines of circom's `.sym` are `label,wire,component,name`; the wire is -1 for a signal that was simplified away. */
async function readSymbols(path: string): Promise<Map<string, number>> {
  const wires = new Map<string, number>();
  for (const line of (await readFile(path, "utf8")).split("\n")) {
    const [, wire, , name] = line.split(",");
    if (name !== undefined && wire !== "-1") wires.set(name.replace(/^main\./, ""), Number(wire));
  }
  return wires;
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
