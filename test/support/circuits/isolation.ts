import { sliceOf } from "../random.ts";
import { BASES } from "./batch-bases.ts";
import { CheatingProver } from "./cheating-prover.ts";
import type { TestCircuit } from "./circuit.ts";
import { signalsOf } from "./guards.ts";
import {
  otherBits,
  otherInverses,
  otherPaths,
  otherRows,
  otherSignatures,
  otherValues,
  type Forgery,
  type Scene,
} from "./isolating.ts";

/** Constraints that no forgery isolates, by the signals in them with numbers left out, and why. */
export const EXCEPTIONS: Readonly<Record<string, string>> = {
  "l#[#].forced, l#[#].kindBits[#], l#[#].kindBits[#]":
    "it follows from others: active = k0 + k1 - forced; a row that publishes anything is active, which leaves k0 k1; and " +
    "one that publishes zeros has index 0, where nothing is credited, which leaves 0",
};

/** What an attack on a circuit came to. */
export interface Findings {
  /** Forgeries that no constraint refuses, and wires that no constraint determines: none if all is well. */
  readonly accepted: readonly string[];
  /** By constraint: a forgery that violates it and no other. */
  readonly isolated: ReadonlyMap<number, string>;
}

/**
 * Attacks the circuit of forged-scenario.ts from every base, by every forgery that there is. All of them are by signals, not
 * by constraints: whoever takes a constraint out of the circuit has one accepted that was refused.
 *
 * @param wanted the constraints to be isolated; of the forgeries of single wires those that may do it are tried
 * @param bases the batches to start from
 * @param each how many forgeries of each other kind are tried in a short run
 */
export async function attack(
  circuit: TestCircuit,
  wanted: ReadonlySet<number> = new Set(circuit.constraints.keys()),
  bases: readonly (typeof BASES)[number][] = BASES,
  each = Infinity,
): Promise<Findings> {
  const accepted: string[] = [];
  const isolated = new Map<number, string>();
  for (const make of bases) {
    const { name: base, input, adapted } = make();
    const witness = await circuit.witness(input);
    const prover = new CheatingProver(circuit, witness, Object.keys(input), adapted);
    accepted.push(...prover.undetermined.map((wire) => `${base}: ${circuit.nameOf(wire)} is free`));
    const scene: Scene = { circuit, prover };
    const tryOut = ({ name, changes }: Forgery): void => {
      const violated = prover.violated(changes);
      if (violated.length === 0) accepted.push(`${base}: ${name}`);
      const [only, ...others] = violated;
      if (only !== undefined && others.length === 0 && !isolated.has(only)) isolated.set(only, `${base}: ${name}`);
    };
    for (const forgeries of [otherBits, otherInverses, otherPaths, otherRows, otherSignatures]) {
      for (const forgery of sliceOf([...forgeries(scene)], each)) tryOut(forgery);
    }
    for (const [wire, constraint] of prover.definitions) {
      if (!wanted.has(constraint)) continue;
      for (const forgery of otherValues(scene, [wire])) {
        if (isolated.has(constraint)) break;
        tryOut(forgery);
      }
    }
  }
  return { accepted, isolated };
}

/** A constraint by its signals, with numbers left out: rows of a kind have the same. */
export const kindOf = (circuit: TestCircuit, constraint: number): string =>
  signalsOf(circuit, constraint).replace(/\d+/g, "#");
