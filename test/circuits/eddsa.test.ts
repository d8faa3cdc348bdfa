import { buildEddsa } from "circomlibjs";
import { expect } from "chai";
import { FIELD_ORDER, SUBGROUP_ORDER } from "../../protocol/constants.ts";
import { BASE8, signatureHash, type AffinePoint, type Signature } from "../../protocol/signature.ts";
import { loadTemplate, type TestCircuit } from "../support/circuits/circuit.ts";
import { affine, BASE, signWith, times, TORSION, verifyInput } from "../support/circuits/eddsa.ts";
import { jacobianKernel } from "../support/circuits/jacobian.ts";
import { LONG, seeded } from "../support/random.ts";

describe("circuits: EdDSA-Poseidon", () => {
  const random = seeded("circuits/eddsa");
  let circuit: TestCircuit;
  before(async () => (circuit = await loadTemplate({ include: "eddsa.circom", template: "EdDSAPoseidonVerify()" })));

  it("accepts circomlibjs' signatures, and outputs their hash", async () => {
    const eddsa = await buildEddsa();
    const { F } = eddsa;
    const point = ([x, y]: [Uint8Array, Uint8Array]): AffinePoint => ({ x: F.toObject(x), y: F.toObject(y) });
    const messages = [0n, 1n, 2n, FIELD_ORDER - 1n, ...Array.from({ length: LONG ? 120 : 6 }, random.field)];
    for (const message of messages) {
      const secret = random.bytes(32);
      const { R8, S } = eddsa.signPoseidon(secret, F.e(message));
      const [publicKey, r8] = [point(eddsa.prv2pub(secret)), point(R8)];
      const witness = await circuit.witness(verifyInput(publicKey, message, { r8, s: S }));
      expect(circuit.violated(witness)).to.be.empty;
      expect(circuit.get(witness, "h")).to.equal(signatureHash(r8, publicKey, message));
    }
  });

  it("accepts keys of every coset, and commitments and secrets at the edges", async () => {
    const edges = [1n, 2n, SUBGROUP_ORDER - 1n, 2n ** 249n];
    for (let j = 0n; j < 8n; j++) {
      const secret = edges[Number(j) % 4]!;
      for (const nonce of LONG ? [0n, ...edges] : [j === 0n ? 0n : random.below(SUBGROUP_ORDER)]) {
        const { publicKey, message, signature } = signWith({ secret, nonce, message: random.field(), keyTorsion: j });
        expect(await circuit.accepts(verifyInput(publicKey, message, signature)), `coset ${j}`).to.be.true;
      }
    }
  });

  describe("with one part wrong", () => {
    const [secret, nonce, message] = [424242n, 171717n, 31337n];
    const key = times(BASE, secret);
    const good = signWith({ secret, nonce, message });
    const { r8, s } = good.signature;
    const offCurve = { x: r8.x, y: r8.y + 1n };

    const wrong: Record<string, [publicKey: AffinePoint, message: bigint, signature: Signature]> = {
      "the message": [good.publicKey, message + 1n, good.signature],
      S: [good.publicKey, message, { r8, s: s + 1n }],
      "-S": [good.publicKey, message, { r8, s: SUBGROUP_ORDER - s }],
      "another R8": [good.publicKey, message, { r8: affine(times(BASE, nonce + 1n)), s }],
      "-R8": [good.publicKey, message, { r8: { x: FIELD_ORDER - r8.x, y: r8.y }, s }],
      "R8 off the curve": [good.publicKey, message, { r8: offCurve, s }],
      "R8 = (0, 0)": [good.publicKey, message, { r8: { x: 0n, y: 0n }, s }],
      "R8 in another coset": [good.publicKey, message, { r8: affine(times(BASE, nonce).add(TORSION)), s }],
      "R8 in another coset, signed anew": [
        good.publicKey,
        message,
        signWith({ secret, nonce, message, torsion: 4n }).signature,
      ],
      "another A": [affine(times(BASE, secret + 1n)), message, good.signature],
      "-A": [affine(key.negate()), message, good.signature],
      "A in another coset": [affine(key.add(TORSION)), message, good.signature],
      "A off the curve": [{ x: good.publicKey.x, y: good.publicKey.y + 1n }, message, good.signature],
      "x and y of A swapped": [{ x: good.publicKey.y, y: good.publicKey.x }, message, good.signature],
    };

    it("(the untampered signature is good)", async () => {
      expect(await circuit.accepts(verifyInput(good.publicKey, message, good.signature))).to.be.true;
    });
    for (const [name, [publicKey, text, signature]] of Object.entries(wrong)) {
      it(`rejects ${name}`, async () => {
        expect(await circuit.accepts(verifyInput(publicKey, text, signature))).to.be.false;
      });
    }
    it("rejects a low-order key, for which circomlibjs accepts R8 = S * B8", async () => {
      for (let j = 0n; j < 8n; j++) {
        const lowOrder = affine(times(TORSION, j));
        const signature = { r8: affine(times(BASE, 5n)), s: 5n };
        for (const enabled of [0n, 1n]) {
          expect(await circuit.accepts(verifyInput(lowOrder, message, signature, enabled))).to.be.false;
        }
      }
    });
  });

  it("compares nothing in a row that is not enabled, but still wants a valid A", async () => {
    const anything = { r8: { x: 0n, y: 0n }, s: 0n };
    for (const message of [0n, random.field()]) {
      const witness = await circuit.witness(verifyInput(BASE8, message, anything, 0n));
      expect(circuit.violated(witness)).to.be.empty;
      expect(circuit.get(witness, "h")).to.equal(signatureHash(anything.r8, BASE8, message));
    }
    expect(await circuit.accepts(verifyInput(BASE8, 0n, anything, 1n))).to.be.false;
    expect(await circuit.accepts(verifyInput({ x: BASE8.x, y: 3n }, 0n, anything, 0n))).to.be.false;
  });

  it("leaves no wire free, enabled or not", async () => {
    const { publicKey, message, signature } = signWith({ secret: 8n, nonce: 9n, message: 10n });
    for (const enabled of [0n, 1n]) {
      const witness = await circuit.witness(verifyInput(publicKey, message, signature, enabled));
      const inputs = ["enabled", "Ax", "Ay", "R8x", "R8y", "M"];
      expect(jacobianKernel(circuit, witness, inputs)).to.deep.equal({ dimension: 0, spans: [] });
    }
  });
});
