import { sliceOf } from "../random.ts";
import { CheatingProver } from "./cheating-prover.ts";
import type { TestCircuit } from "./circuit.ts";
import { otherValues, type Forgery, type Scene } from "./isolating.ts";
import type { Target } from "./targets.ts";

/** What an attack on a circuit came to. */
export interface Findings {
  /** Forgeries that no constraint refuses, and wires that no constraint determines: none if all is well. */
  readonly accepted: readonly string[];
  /** By constraint: a forgery that violates it and no other. */
  readonly isolated: ReadonlyMap<number, string>;
}

/**
 * Attacks a circuit from these bases, by every forgery that there is. All of them are by signals, not by constraints: whoever
 * takes a constraint out of the circuit has one accepted that was refused.
 *
 * @param circuit the target's, or one with a line less
 * @param wanted the constraints to be isolated; of the forgeries of single wires those that may do it are tried
 * @param each how many forgeries of each other kind are tried in a short run
 */
export async function attack(
  { bases, forgeries }: Pick<Target, "bases" | "forgeries">,
  circuit: TestCircuit,
  wanted: ReadonlySet<number>,
  each = Infinity,
): Promise<Findings> {
  const accepted: string[] = [];
  const isolated = new Map<number, string>();
  for (const make of bases) {
    const { name: base, input, adapted, outputs = [] } = make();
    const witness = await circuit.witness(input);
    const prover = new CheatingProver(circuit, witness, [...Object.keys(input), ...outputs], adapted);
    accepted.push(...prover.undetermined.map((wire) => `${base}: ${circuit.nameOf(wire)} is free`));
    // Then he cannot compute what depends on it, and has no need to.
    if (prover.undetermined.length > 0) continue;
    const scene: Scene = { circuit, prover };
    const tryOut = ({ name, changes }: Forgery): void => {
      if ([...changes].every(([wire, value]) => prover.get(wire) === value)) return;
      const violated = prover.violated(changes);
      if (violated.length === 0) accepted.push(`${base}: ${name}`);
      const [only, ...others] = violated;
      if (only !== undefined && others.length === 0 && !isolated.has(only)) isolated.set(only, `${base}: ${name}`);
    };
    for (const some of forgeries) for (const forgery of sliceOf([...some(scene)], each)) tryOut(forgery);
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
