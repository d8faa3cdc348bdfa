import { expect } from "chai";
import { FIELD_ORDER, SUBGROUP_ORDER } from "../../protocol/constants.ts";
import { Fr } from "../../protocol/field.ts";
import { signatureHash, type AffinePoint, type Signature } from "../../protocol/signature.ts";
import { loadTemplate, type TestCircuit } from "../support/circuits/circuit.ts";
import {
  affine,
  BASE,
  edwardsSum,
  fixedBaseChoice,
  ladderFails,
  ladderScalar,
  ladderY,
  signWith,
  times,
  variableBaseChoice,
  verifyInput,
} from "../support/circuits/eddsa.ts";
import { completeWitness } from "../support/circuits/solve.ts";

// Signatures by somebody who has no secret, each against the circuit without one of its guards.

const load = (file?: string, line = ""): Promise<TestCircuit> =>
  loadTemplate({
    include: "eddsa.circom",
    template: "EdDSAPoseidonVerify()",
    patches: file === undefined ? [] : [{ file, from: line, to: "" }],
  });

describe("circuits: forged signatures", () => {
  let circuit: TestCircuit;
  before(async () => (circuit = await load()));

  describe("for a key of somebody else", () => {
    const key = times(BASE, 0xabcdefn);
    const message = 4711n;
    const s = 1001n;
    // R8 first, from any odd scalar in the place of the challenge; the hash of R8 comes too late to matter.
    const challenge = 2n ** 254n + 13n ** 60n;
    const r8 = affine(times(BASE, s).add(times(key, -8n * challenge)));
    const h = signatureHash(r8, affine(key), message);

    const forge = async (line: string, e: bigint): Promise<void> => {
      const { x, y } = affine(key);
      const chosen = {
        ...{ enabled: 1n, Ax: x, Ay: y, R8x: r8.x, R8y: r8.y, M: message },
        ...fixedBaseChoice("fixed.", s),
        ...variableBaseChoice("variable.", ladderY(key), challenge, e),
      };
      const unguarded = await load("variable_base.circom", line);
      const forged = completeWitness(unguarded, chosen);
      expect(unguarded.violated(forged)).to.be.empty;
      expect(unguarded.get(forged, "h")).to.equal(h);
      expect(circuit.violated(completeWitness(circuit, chosen))).to.have.lengthOf(1);
    };

    it("needs e to be a bit", async () => {
      await forge("e * (e - 1) === 0;", Fr.sub(Fr.div(Fr.create(challenge - h), SUBGROUP_ORDER), 11n));
    });
    it("needs the relation between the signs and the hash", async () => {
      await forge("P[1] * (h + (11 + e) * l - 3 * 2 ** 253) === sum;", 0n);
    });
  });

  it("needs A to be on the curve: on a nodal cubic the ladder's point can have order 983", async () => {
    const { publicKey, message, signature } = forgeOnNodalCubic();
    const unguarded = await load("variable_base.circom", "EdwardsOnCurve()(A);");
    expect(await unguarded.accepts(verifyInput(publicKey, message, signature))).to.be.true;
    expect(await circuit.accepts(verifyInput(publicKey, message, signature))).to.be.false;
  });

  for (const [coordinate, index] of [
    ["x", 0],
    ["y", 1],
  ] as const) {
    it(`needs to compare R8's ${coordinate}`, async () => {
      const [secret, nonce, message] = [51n, 52n, 53n];
      const { publicKey, signature } = signWith({ secret, nonce, message });
      const r8 = { ...signature.r8, [coordinate]: signature.r8[coordinate] + 1n };
      const h = signatureHash(r8, publicKey, message);
      const input = verifyInput(publicKey, message, { r8, s: (nonce + h * 8n * secret) % SUBGROUP_ORDER });
      const line = `enabled * (commitment[${index}] - R8${coordinate}) === 0;`;
      expect(await (await load("eddsa.circom", line)).accepts(input)).to.be.true;
      expect(await circuit.accepts(input)).to.be.false;
    });
  }
});

/**
 * A signature for a key that is not on the curve. The ladder's formulas hold on `v² = u³ + 168698 u² + u + c` for any
 * c. With a double root α, `v² = (u - α)² (u - β)`, the points are a group like the field's multiplicative one:
 * `t = (v + γ (u - α)) / (v - γ (u - α))`, γ² = α - β. 983 divides r - 1: a key of that order has only 983
 * multiples, and whoever guesses the scalar mod 983 before hashing is right soon enough.
 */
function forgeOnNodalCubic(): { publicKey: AffinePoint; message: bigint; signature: Signature } {
  const order = 983n;
  const alpha = Fr.div(Fr.sub(Fr.sqrt(168698n ** 2n - 3n), 168698n), 3n);
  const beta = Fr.create(-168698n - 2n * alpha);
  const gamma = Fr.sqrt(Fr.sub(alpha, beta));
  const edwardsAt = (t: bigint): AffinePoint => {
    const slope = Fr.div(Fr.mul(gamma, Fr.add(t, 1n)), Fr.sub(t, 1n));
    const u = Fr.create(slope * slope + beta);
    const v = Fr.mul(slope, Fr.sub(u, alpha));
    return { x: Fr.div(u, v), y: Fr.div(Fr.sub(u, 1n), Fr.add(u, 1n)) };
  };

  const t = Fr.pow(5n, (FIELD_ORDER - 1n) / order);
  const publicKey = edwardsAt(t);
  const message = 271828n;
  const guess = 600n;
  const product = edwardsAt(Fr.inv(Fr.pow(t, (8n * guess) % order)));
  let point = BASE;
  for (let s = 1n; ; s++, point = point.add(BASE)) {
    const r8 = edwardsSum(affine(point), product);
    const h = signatureHash(r8, publicKey, message);
    const scalar = ladderScalar(h, h & 1n);
    if (scalar % order === guess && !ladderFails(scalar, order)) return { publicKey, message, signature: { r8, s } };
  }
}
