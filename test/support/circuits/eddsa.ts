import { babyjubjub } from "@noble/curves/misc.js";
import { FIELD_ORDER, SUBGROUP_ORDER } from "../../../protocol/constants.ts";
import { Fr } from "../../../protocol/field.ts";
import { signatureHash, type AffinePoint, type Signature } from "../../../protocol/signature.ts";
import { toMontgomery, windowPoints } from "../../../scripts/generate/fixedBase.ts";

const { Point } = babyjubjub;
export type Point = InstanceType<typeof Point>;

/** `B8`, of order l. */
export const BASE: Point = Point.BASE;

/** `scalar * point`, for points of the whole group (noble's are bounded by the subgroup's order). */
export function times(point: Point, scalar: bigint): Point {
  let sum = Point.ZERO;
  let power = scalar < 0n ? point.negate() : point;
  for (let left = scalar < 0n ? -scalar : scalar; left > 0n; left >>= 1n) {
    if (left & 1n) sum = sum.add(power);
    power = power.double();
  }
  return sum;
}

/** A point of order 8: l times the generator of the whole group (ERC-2494). */
export const TORSION: Point = times(
  Point.fromAffine({
    x: 995203441582195749578291179787384436505546430278305826713579947235728471134n,
    y: 5472060717959818805561601436314318772137091100104008585924551046643952123905n,
  }),
  SUBGROUP_ORDER,
);

export const affine = (point: Point): AffinePoint => {
  const { x, y } = point.toAffine();
  return { x, y };
};

/** Signs with the parts given: the key is `secret * B8 + keyTorsion * T8`, the commitment `nonce * B8 + torsion * T8`. */
export function signWith(parts: {
  secret: bigint;
  nonce: bigint;
  message: bigint;
  keyTorsion?: bigint;
  torsion?: bigint;
}): { publicKey: AffinePoint; message: bigint; signature: Signature } {
  const { secret, nonce, message, keyTorsion = 0n, torsion = 0n } = parts;
  const publicKey = affine(times(BASE, secret).add(times(TORSION, keyTorsion)));
  const r8 = affine(times(BASE, nonce).add(times(TORSION, torsion)));
  const h = signatureHash(r8, publicKey, message);
  return { publicKey, message, signature: { r8, s: (nonce + h * 8n * secret) % SUBGROUP_ORDER } };
}

/** The input of EdDSAPoseidonVerify. */
export function verifyInput(
  publicKey: AffinePoint,
  message: bigint,
  { r8, s }: Signature,
  enabled = 1n,
): Record<string, bigint> {
  return { enabled, Ax: publicKey.x, Ay: publicKey.y, S: s, R8x: r8.x, R8y: r8.y, M: message };
}

/** `(x1, y1) + (x2, y2)` by the formula of EdwardsAdd: also for pairs that are not on the curve. */
export function edwardsSum(a: AffinePoint, b: AffinePoint): AffinePoint {
  const d = Fr.create(168696n * Fr.mul(Fr.mul(a.x, b.y), Fr.mul(a.y, b.x)));
  return {
    x: Fr.div(Fr.create(a.x * b.y + a.y * b.x), Fr.add(1n, d)),
    y: Fr.div(Fr.create(a.y * b.y - 168700n * a.x * b.x), Fr.sub(1n, d)),
  };
}

/** The scalar that VariableBaseMultiply uses for h and e, before its digits: odd for e = h mod 2. */
export const ladderScalar = (h: bigint, e: bigint): bigint => h + (11n + e) * SUBGROUP_ORDER;

/** Whether the ladder for an odd k, 2^254 < k < 2^255, meets O: a prefix of k's signed digits is 0 mod P's order. */
export function ladderFails(k: bigint, order: bigint = SUBGROUP_ORDER): boolean {
  let prefix = 3n;
  for (const positive of ladderSigns(k)) {
    prefix = 2n * prefix + (positive ? 1n : -1n);
    if (prefix % order === 0n) return true;
  }
  return false;
}

/**
 * What the prover chooses in VariableBaseMultiply for a scalar k: `out` is then `-8 * k * A`.
 *
 * @param y the Montgomery v of P = -8 * A
 */
export function variableBaseChoice(prefix: string, y: bigint, k: bigint, e: bigint): Record<string, bigint> {
  const digits = ladderSigns(k).map((positive, step) => [`${prefix}q[${252 - step}]`, positive ? y : Fr.neg(y)]);
  return { [`${prefix}e`]: e, [`${prefix}P[1]`]: y, ...(Object.fromEntries(digits) as Record<string, bigint>) };
}

/** The Montgomery v of -8 * A. */
export const ladderY = (key: Point): bigint => toMontgomery(times(key, -8n))[1];

const ladderSigns = (k: bigint): boolean[] => signs((k - 2n ** 254n - 1n) / 2n, 253);

/** Twice a point of `v^2 = u^3 + 168698 u^2 + u + c`: the formula does not know c. */
export function montgomeryDouble([u, v]: readonly [bigint, bigint]): [bigint, bigint] {
  const slope = Fr.div(Fr.create(3n * u * u + 2n * 168698n * u + 1n), Fr.create(2n * v));
  const twice = Fr.create(slope * slope - 168698n - 2n * u);
  return [twice, Fr.create(slope * (u - twice) - v)];
}

/** What the prover chooses in FixedBaseMultiply for an odd integer k in (-2^251, 2^251): `out` is then `k * B8`. */
export function fixedBaseChoice(prefix: string, k: bigint): Record<string, bigint> {
  const choice: Record<string, bigint> = {};
  const bits = signs((k + 2n ** 251n - 1n) / 2n, 251).reverse();
  const digit = (from: number, count: number): number =>
    bits.slice(from, from + count).reduce((sum, positive, j) => sum + (positive ? 1 : -1) * 2 ** j, 0);
  for (let i = 0; i < 83; i++) {
    const value = digit(3 * i, 3);
    const [x, w] = windowPoints(i)[(Math.abs(value) - 1) / 2]!;
    Object.assign(choice, {
      [`${prefix}x[${i}]`]: x,
      [`${prefix}w[${i}]`]: w,
      [`${prefix}y[${i}]`]: value > 0 ? w : Fr.neg(w),
    });
  }
  const high = affine(times(BASE, BigInt(digit(249, 2)) * 8n ** 83n));
  return { ...choice, [`${prefix}high[0]`]: high.x, [`${prefix}high[1]`]: high.y };
}

/** The bits of a number, highest first. */
function signs(value: bigint, count: number): boolean[] {
  return Array.from({ length: count }, (_, i) => ((value >> BigInt(count - 1 - i)) & 1n) === 1n);
}

/** The other challenge `h ± r` that a prover may use instead of h: the same class, but another odd scalar in bounds. */
export function otherChallenge(h: bigint): bigint | undefined {
  const e = 1n - (h & 1n);
  return [h - FIELD_ORDER, h + FIELD_ORDER].find((other) => {
    const k = ladderScalar(other, e);
    return 2n ** 254n < k && k < 2n ** 255n;
  });
}
