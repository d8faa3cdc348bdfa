import { FIELD_ORDER } from "../../../protocol/constants.ts";
import { Fr } from "../../../protocol/field.ts";

type Vector = readonly [bigint, bigint];

/**
 * Numbers x, y in `[0, bound)` with `a · x + b · y = target` in the field, if lattice reduction finds some: about as soon
 * as `bound²` exceeds the field's order. This is what a prover does who may choose two range-checked numbers after he
 * knows the challenge.
 */
export function smallSolution(a: bigint, b: bigint, target: bigint, bound: bigint): Vector | undefined {
  // All solutions of a · x + b · y = 0, by two short vectors (Lagrange and Gauss).
  let [u, v]: [Vector, Vector] = [
    [FIELD_ORDER, 0n],
    [Fr.neg(Fr.div(b, a)), 1n],
  ];
  for (;;) {
    if (norm(u) < norm(v)) [u, v] = [v, u];
    const times = nearest(dot(u, v), norm(v));
    if (times === 0n) break;
    u = [u[0] - times * v[0], u[1] - times * v[1]];
  }
  // The solution nearest to the middle of the square (Babai's rounding).
  const start: Vector = [Fr.div(target, a), 0n];
  const wanted: Vector = [bound / 2n - start[0], bound / 2n];
  const determinant = u[0] * v[1] - u[1] * v[0];
  const [i, j] = [wanted[0] * v[1] - wanted[1] * v[0], u[0] * wanted[1] - u[1] * wanted[0]].map((n) =>
    nearest(n, determinant),
  );
  const solution: Vector = [start[0] + i! * u[0] + j! * v[0], i! * u[1] + j! * v[1]];
  return solution.every((value) => value >= 0n && value < bound) ? solution : undefined;
}

const dot = (u: Vector, v: Vector): bigint => u[0] * v[0] + u[1] * v[1];
const norm = (u: Vector): bigint => dot(u, u);

/** The integer nearest to a fraction. */
function nearest(numerator: bigint, denominator: bigint): bigint {
  const [n, d] = denominator < 0n ? [-numerator, -denominator] : [numerator, denominator];
  const doubled = 2n * n + d;
  const quotient = doubled / (2n * d);
  return doubled < 0n && quotient * 2n * d !== doubled ? quotient - 1n : quotient;
}
