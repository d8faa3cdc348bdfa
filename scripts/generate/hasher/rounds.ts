import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { Fr } from "../../../protocol/field.ts";
import { identity, inverse, product, times, timesRow, type Matrix, type Vector } from "./matrices.ts";

/** Full rounds before the partial ones, and as many after them. */
const HALF = 4;
/** Partial rounds by number of inputs, from 1 on: circomlib's. */
const PARTIAL_ROUNDS = [56, 57, 56, 60, 60, 63, 64, 63];

const SOURCES = join(dirname(createRequire(import.meta.url).resolve("circomlibjs")), "../src");
/** Round constants, those of each round after the other, and matrices, by number of inputs from 1 on. */
const { C, M } = (
  (await import(pathToFileURL(join(SOURCES, "poseidon_constants.js")).href)) as {
    default: Record<"C", string[][]> & Record<"M", string[][][]>;
  }
).default;

/**
 * Poseidon's permutation (https://eprint.iacr.org/2019/458) with circomlib's constants, its partial rounds written so that
 * each costs 2 t multiplications with the same 2 t constants.
 *
 * Between two S-boxes of a partial round everything is linear: with y the lane that the S-box takes, x what it gives and
 * the other lanes w, the next lanes are M (x, w). So the lanes are a linear system with an input x and an output y. In the
 * basis in which that system has its observer canonical form, lane 1 is y, and
 *
 *     lane k of the next round = lane k + 1 + feedback[k] y + input[k] x,
 *
 * where the feedback is the characteristic polynomial's. The constants of a round reach the output through the same system
 * whatever the input is, so that only their sum in y counts. The paper's sparse matrices (appendix B) take as many
 * multiplications, but other constants in each round: with 8 inputs those alone are longer than a contract may be.
 */
export interface Rounds {
  /** Lanes: one more than inputs. */
  readonly width: number;
  /** Constants that are added to all lanes before the S-boxes of each full round. */
  readonly first: readonly Vector[];
  readonly last: readonly Vector[];
  /** What follows a full round. */
  readonly mix: Matrix;
  /** What follows the full round before the partial ones: the mix, into the new basis. */
  readonly enter: Matrix;
  /** Out of it, behind the last partial round. */
  readonly leave: Matrix;
  /** What is added to lane 1 for the S-box of each partial round, and to nothing else. */
  readonly partial: Vector;
  readonly feedback: Vector;
  readonly input: Vector;
}

export function roundsOf(inputs: number): Rounds {
  const width = inputs + 1;
  const partialRounds = PARTIAL_ROUNDS[inputs - 1]!;
  const mix = M[inputs - 1]!.map((row) => row.map(BigInt));
  const constants = Array.from({ length: 2 * HALF + partialRounds }, (_, round) =>
    C[inputs - 1]!.slice(width * round, width * (round + 1)).map(BigInt),
  );
  // Of the lanes before the S-box: what the next ones have of them, the lane that enters the S-box aside.
  const carried = mix.map((row) => row.with(0, 0n));
  const { basis, feedback } = observerForm(carried);
  // What the constants so far add to the lanes before an S-box.
  let added = constants[HALF]!;
  const partial: bigint[] = [];
  for (let round = HALF; round < HALF + partialRounds; round++) {
    partial.push(added[0]!);
    added = times(carried, added).map((lane, place) => Fr.add(lane, constants[round + 1]![place]!));
  }
  return {
    width,
    first: constants.slice(0, HALF),
    last: [added, ...constants.slice(HALF + partialRounds + 1)],
    mix,
    enter: product(basis, mix),
    leave: inverse(basis),
    partial,
    feedback,
    input: times(
      basis,
      mix.map((row) => row[0]!),
    ),
  };
}

/** The basis in which lane 0 is lane 1, and lane k is followed by lane k + 1 and its feedback of lane 1. */
function observerForm(carried: Matrix): { readonly basis: Matrix; readonly feedback: Vector } {
  const observed = [identity(carried.length)[0]!];
  for (let k = 0; k < carried.length; k++) observed.push(timesRow(observed[k]!, carried));
  // By Cayley and Hamilton the last one is a combination of those before it.
  const feedback = timesRow(observed[carried.length]!, inverse(observed.slice(0, -1))).toReversed();
  const basis = [observed[0]!];
  for (const part of feedback.slice(0, -1)) {
    const next = timesRow(basis.at(-1)!, carried);
    basis.push(next.map((lane, place) => Fr.sub(lane, Fr.mul(part, observed[0]![place]!))));
  }
  return { basis, feedback };
}
