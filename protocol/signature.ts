import { babyjubjub } from "@noble/curves/misc.js";
import { blake512 } from "@noble/hashes/blake1.js";
import { bytesToNumberLE, concatBytes, numberToBytesLE } from "@noble/curves/utils.js";
import { SUBGROUP_ORDER } from "./constants.ts";
import { SheafError } from "./errors.ts";
import { requireField } from "./field.ts";
import { poseidon } from "./poseidon.ts";
import {
  curvePoint,
  isInField,
  satisfiesEquation,
  type AffinePoint,
  type CurvePoint,
  type Signature,
} from "./signature-equation.ts";

export type { AffinePoint, Signature };

// EdDSA-Poseidon on Baby Jubjub (ERC-2494), interchangeable with circomlibjs `eddsa.signPoseidon`. Points come from
// noble, which is 15 times faster at them; noble's own EdDSA wrapper hashes differently and is not used.
const { Point } = babyjubjub;

const SECRET_BYTES = 32;

/** A Baby Jubjub key pair, from 32 secret bytes as circomlibjs derives it (RFC 8032's clamping, over BLAKE-512). */
export class PrivateKey {
  readonly publicKey: AffinePoint;
  readonly #scalar: bigint;
  readonly #noncePrefix: Uint8Array;

  /** Throws `KEY_INVALID` unless the secret has 32 bytes. */
  constructor(secret: Uint8Array) {
    if (secret.length !== SECRET_BYTES) {
      throw new SheafError("KEY_INVALID", `a secret has ${secret.length} bytes; it must have ${SECRET_BYTES}`);
    }
    const hash = blake512(secret);
    this.#scalar = bytesToNumberLE(clamp(hash.slice(0, 32)));
    this.#noncePrefix = hash.slice(32);
    this.publicKey = affine(Point.BASE.multiply((this.#scalar >> 3n) % SUBGROUP_ORDER));
  }

  /** Signs a field element. Deterministic, as RFC 8032. Throws `FIELD_OUT_OF_RANGE` if the message is not one. */
  sign(message: bigint): Signature {
    requireField("message", message);
    const nonce =
      bytesToNumberLE(blake512(concatBytes(this.#noncePrefix, numberToBytesLE(message, 32)))) % SUBGROUP_ORDER;
    const r8 = affine(Point.BASE.multiply(nonce));
    const h = signatureHash(r8, this.publicKey, message);
    return { r8, s: (nonce + h * this.#scalar) % SUBGROUP_ORDER };
  }
}

/** `h = Poseidon(R8x, R8y, Ax, Ay, message)`: the challenge of the signature, and what a batch commits to of it. */
export function signatureHash(r8: AffinePoint, publicKey: AffinePoint, message: bigint): bigint {
  return poseidon([r8.x, r8.y, publicKey.x, publicKey.y, message]);
}

/**
 * What a signature has to satisfy its equation with; `undefined` if a value is out of range, so the signature is
 * not valid.
 */
export function signatureChallenge(message: bigint, { r8 }: Signature, publicKey: AffinePoint): bigint | undefined {
  const elements = [r8.x, r8.y, publicKey.x, publicKey.y, message];
  return elements.every(isInField) ? signatureHash(r8, publicKey, message) : undefined;
}

/** Whether the signature is valid for the key and message. A low-order or off-curve key verifies nothing. */
export function verifySignature(message: bigint, signature: Signature, publicKey: AffinePoint): boolean {
  const challenge = signatureChallenge(message, signature, publicKey);
  return challenge !== undefined && satisfiesEquation(challenge, signature, publicKey);
}

/**
 * Whether the key is on the curve and not of low order. circomlibjs accepts any signature by the eight low-order keys,
 * and the circuit can prove none of them: an operation with such a key must never be accepted.
 */
export function isValidPublicKey(publicKey: AffinePoint): boolean {
  const point = curvePoint(publicKey);
  return point !== undefined && !point.isSmallOrder();
}

/** The generator of the prime subgroup, circomlib's `Base8`: the key in every unused row. */
export const BASE8: AffinePoint = affine(Point.BASE);

function affine(point: CurvePoint): AffinePoint {
  const { x, y } = point.toAffine();
  return { x, y };
}

function clamp(bytes: Uint8Array): Uint8Array {
  bytes[0]! &= 0xf8;
  bytes[31]! &= 0x7f;
  bytes[31]! |= 0x40;
  return bytes;
}
