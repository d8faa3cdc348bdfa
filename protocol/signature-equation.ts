import { mulAddUnsafe } from "@noble/curves/abstract/curve.js";
import { babyjubjub } from "@noble/curves/misc.js";
import { FIELD_ORDER, SUBGROUP_ORDER } from "./constants.ts";

// The curve's part of a signature, with public values only: it needs no hash, and so no WebAssembly.

const { Point } = babyjubjub;
export type CurvePoint = InstanceType<typeof Point>;

/** A point in affine twisted Edwards coordinates. */
export interface AffinePoint {
  readonly x: bigint;
  readonly y: bigint;
}

/** `s * B8 = R8 + h * 8 * A` with `h = Poseidon(R8x, R8y, Ax, Ay, message)`. */
export interface Signature {
  readonly r8: AffinePoint;
  readonly s: bigint;
}

/** About the square root of the subgroup's order. */
const SHORT = 1n << 126n;

/** Whether `s * B8 = R8 + h * 8 * A`. A low-order or off-curve key satisfies it with nothing. */
export function satisfiesEquation(h: bigint, { r8, s }: Signature, publicKey: AffinePoint): boolean {
  const key = curvePoint(publicKey);
  const commitment = curvePoint(r8);
  if (s < 0n || s >= SUBGROUP_ORDER || key === undefined || commitment === undefined || key.isSmallOrder())
    return false;
  // v times the equation: halves the doublings, as h has twice the digits of u and v.
  const { u, v } = shortFraction(h % SUBGROUP_ORDER);
  const left = Point.BASE.multiplyUnsafe(Point.Fn.create(v * s));
  const [signed, size] = v < 0n ? [commitment.negate(), -v] : [commitment, v];
  return left.equals(mulAddUnsafe(Point, [signed, key.clearCofactor()], [size, u]));
}

/** The point of the curve with these coordinates, if there is one. */
export function curvePoint({ x, y }: AffinePoint): CurvePoint | undefined {
  if (!isInField(x) || !isInField(y)) return undefined;
  if (x === 0n && y === 1n) return Point.ZERO;
  try {
    const point = Point.fromAffine({ x, y });
    point.assertValidity();
    return point;
  } catch {
    return undefined;
  }
}

export const isInField = (value: bigint): boolean => value >= 0n && value < FIELD_ORDER;

/**
 * u and v of about half of h's digits with `u = v * h` modulo the subgroup's order (Antipa et al., "Accelerated
 * verification of ECDSA signatures", SAC 2005). v is odd and below the order: `v * P` is neutral for no other P of the
 * whole group, so that an equation times v says what it says without.
 */
function shortFraction(h: bigint): { readonly u: bigint; readonly v: bigint } {
  let [u, v, before, beforeV] = [h, 1n, SUBGROUP_ORDER, 0n];
  while (u >= SHORT) {
    const quotient = before / u;
    [u, v, before, beforeV] = [before - quotient * u, beforeV - quotient * v, u, v];
  }
  // Of two successive v one is odd: their steps are unimodular.
  return v & 1n ? { u, v } : { u: before, v: beforeV };
}
