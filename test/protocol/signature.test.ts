import { babyjubjub } from "@noble/curves/misc.js";
import { expect } from "chai";
import { buildEddsa, type Eddsa } from "circomlibjs";
import { FIELD_ORDER, SUBGROUP_ORDER } from "../../protocol/constants.ts";
import { Fr } from "../../protocol/field.ts";
import { poseidon } from "../../protocol/poseidon.ts";
import {
  BASE8,
  isValidPublicKey,
  PrivateKey,
  signatureHash,
  verifySignature,
  type AffinePoint,
  type Signature,
} from "../../protocol/signature.ts";
import { affine, BASE, signWith, times, TORSION, type Point } from "../support/circuits/eddsa.ts";
import { expectCode } from "../support/errors.ts";
import { LONG, seeded } from "../support/random.ts";

const CASES = LONG ? 60 : 8;

describe("protocol: signature", () => {
  const random = seeded("protocol/signature");
  const secrets = [new Uint8Array(32), new Uint8Array(32).fill(255), ...many(CASES, () => random.bytes(32))];
  const messages = [0n, 1n, 2n, FIELD_ORDER - 1n, ...many(CASES, random.field)];
  const lowOrderKeys = many(8, (i) => affine(times(TORSION, BigInt(i))));
  let eddsa: Eddsa;

  before(async () => {
    eddsa = await buildEddsa();
  });

  const toCircomlib = ({ x, y }: AffinePoint): [Uint8Array, Uint8Array] => [eddsa.F.e(x), eddsa.F.e(y)];
  const toAffine = ([x, y]: [Uint8Array, Uint8Array]): AffinePoint => ({
    x: eddsa.F.toObject(x),
    y: eddsa.F.toObject(y),
  });
  const circomlibVerifies = (message: bigint, { r8, s }: Signature, key: AffinePoint): boolean =>
    eddsa.verifyPoseidon(eddsa.F.e(message), { R8: toCircomlib(r8), S: s }, toCircomlib(key));

  describe("with circomlibjs", () => {
    it("derives the same keys", () => {
      for (const secret of secrets) {
        expect(new PrivateKey(secret).publicKey).to.deep.equal(toAffine(eddsa.prv2pub(secret)));
      }
    });

    it("makes the same signatures", () => {
      messages.forEach((message, i) => {
        const secret = secrets[i % secrets.length]!;
        const { R8, S } = eddsa.signPoseidon(secret, eddsa.F.e(message));
        expect(new PrivateKey(secret).sign(message)).to.deep.equal({ r8: toAffine(R8), s: S });
      });
    });

    it("verifies theirs, and they verify ours", () => {
      messages.forEach((message, i) => {
        const secret = secrets[i % secrets.length]!;
        const key = new PrivateKey(secret);
        const { R8, S } = eddsa.signPoseidon(secret, eddsa.F.e(message));
        expect(verifySignature(message, { r8: toAffine(R8), s: S }, key.publicKey)).to.be.true;
        expect(circomlibVerifies(message, key.sign(message), key.publicKey)).to.be.true;
      });
    });

    it("agrees on keys and commitments outside the prime subgroup", () => {
      for (let keyTorsion = 0n; keyTorsion < 8n; keyTorsion++) {
        for (const torsion of [0n, 3n]) {
          const { publicKey, message, signature } = signWith({
            secret: 1n + random.below(SUBGROUP_ORDER - 1n),
            nonce: 1n + random.below(SUBGROUP_ORDER - 1n),
            message: random.field(),
            keyTorsion,
            torsion,
          });
          const valid = verifySignature(message, signature, publicKey);
          expect(valid).to.equal(circomlibVerifies(message, signature, publicKey));
          // A part of low order vanishes from 8A, and does not from R8.
          expect(valid).to.equal(torsion === 0n);
          expect(isValidPublicKey(publicKey)).to.be.true;
        }
      }
    });
  });

  it("rejects every commitment outside the prime subgroup, whatever the hash is", () => {
    for (let torsion = 1n; torsion < 8n; torsion++) {
      for (let i = 0; i < CASES; i++) {
        const parts = { secret: 5n, nonce: 7n, message: random.field() };
        const { publicKey, message, signature } = signWith({ ...parts, torsion });
        expect(verifySignature(message, signature, publicKey)).to.be.false;
        const proper = signWith(parts);
        expect(verifySignature(proper.message, proper.signature, proper.publicKey)).to.be.true;
      }
    }
  });

  it("hashes commitment, key and message in this order", () => {
    const [r8, key] = [
      { x: 11n, y: 12n },
      { x: 13n, y: 14n },
    ];
    expect(signatureHash(r8, key, 15n)).to.equal(poseidon([11n, 12n, 13n, 14n, 15n]));
  });

  it("rejects all eight low-order keys, which circomlibjs accepts", () => {
    expect(new Set(lowOrderKeys.map(({ x, y }) => `${x},${y}`))).to.have.lengthOf(8);
    for (const key of lowOrderKeys) {
      const s = random.below(SUBGROUP_ORDER);
      const forged = { r8: affine(times(BASE, s)), s };
      expect(circomlibVerifies(5n, forged, key)).to.be.true;
      expect(verifySignature(5n, forged, key)).to.be.false;
      expect(isValidPublicKey(key)).to.be.false;
    }
  });

  it("rejects keys off the curve, and coordinates that are no field elements", () => {
    const { x, y } = new PrivateKey(secrets[2]!).publicKey;
    const wrong = [
      { x: Fr.add(x, 1n), y },
      { x: y, y: x },
      { x: 0n, y: 0n },
      { x: x + FIELD_ORDER, y },
      { x, y: y + FIELD_ORDER },
      { x: x - FIELD_ORDER, y },
    ];
    for (const key of wrong) {
      expect(isValidPublicKey(key)).to.be.false;
      expect(verifySignature(5n, new PrivateKey(secrets[2]!).sign(5n), key)).to.be.false;
    }
    expect(isValidPublicKey({ x, y })).to.be.true;
    expect(isValidPublicKey(BASE8)).to.be.true;
  });

  describe("tampered with", () => {
    const key = new PrivateKey(secrets[3]!);
    const message = 123_456_789n;
    const { r8, s } = key.sign(message);
    const valid: [bigint, Signature, AffinePoint] = [message, { r8, s }, key.publicKey];
    const negative = (point: AffinePoint): AffinePoint => ({ x: Fr.neg(point.x), y: point.y });
    const withTorsion = (point: AffinePoint): AffinePoint => affine(pointOf(point).add(TORSION));

    const cases: Record<string, [bigint, Signature, AffinePoint]> = {
      "another message": [message + 1n, { r8, s }, key.publicKey],
      "the message plus r": [message + FIELD_ORDER, { r8, s }, key.publicKey],
      "a negative message": [message - FIELD_ORDER, { r8, s }, key.publicKey],
      "another s": [message, { r8, s: s + 1n }, key.publicKey],
      "s plus the group's order": [message, { r8, s: s + SUBGROUP_ORDER }, key.publicKey],
      "s minus the group's order": [message, { r8, s: s - SUBGROUP_ORDER }, key.publicKey],
      "the negative R8": [message, { r8: negative(r8), s }, key.publicKey],
      "R8 plus a point of low order": [message, { r8: withTorsion(r8), s }, key.publicKey],
      "R8 off the curve": [message, { r8: { x: r8.x, y: Fr.add(r8.y, 1n) }, s }, key.publicKey],
      "R8x plus r": [message, { r8: { x: r8.x + FIELD_ORDER, y: r8.y }, s }, key.publicKey],
      "the negative key, of the same y": [message, { r8, s }, negative(key.publicKey)],
      "the key plus a point of low order": [message, { r8, s }, withTorsion(key.publicKey)],
      "another's key": [message, { r8, s }, new PrivateKey(secrets[4]!).publicKey],
    };
    it("is valid before", () => {
      expect(verifySignature(...valid)).to.be.true;
    });
    for (const [name, forged] of Object.entries(cases)) {
      it(`is rejected: ${name}`, () => {
        expect(verifySignature(...forged)).to.be.false;
      });
    }
  });

  it("takes secrets of 32 bytes and messages in the field only", async () => {
    await expectCode("KEY_INVALID", () => new PrivateKey(new Uint8Array(0)));
    await expectCode("KEY_INVALID", () => new PrivateKey(new Uint8Array(31)));
    await expectCode("KEY_INVALID", () => new PrivateKey(new Uint8Array(33)));
    await expectCode("FIELD_OUT_OF_RANGE", () => new PrivateKey(secrets[2]!).sign(FIELD_ORDER));
    await expectCode("FIELD_OUT_OF_RANGE", () => new PrivateKey(secrets[2]!).sign(-1n));
  });

  it("signs deterministically, and another message with another commitment", () => {
    const key = new PrivateKey(secrets[5]!);
    expect(key.sign(7n)).to.deep.equal(key.sign(7n));
    expect(key.sign(7n).r8).not.to.deep.equal(key.sign(8n).r8);
  });
});

function pointOf(point: AffinePoint): Point {
  return babyjubjub.Point.fromAffine(point);
}

function many<T>(count: number, make: (i: number) => T): T[] {
  return Array.from({ length: count }, (_, i) => make(i));
}
