import { expect } from "chai";
import { Fr } from "../../protocol/field.ts";
import { signWithdrawal } from "../../protocol/operations.ts";
import { WITHDRAWAL_WORD } from "../../protocol/packing.ts";
import { poseidon } from "../../protocol/poseidon.ts";
import { BASE8, signatureHash, type AffinePoint, type PrivateKey, type Signature } from "../../protocol/signature.ts";
import { loadTemplate, type TestCircuit } from "../support/circuits/circuit.ts";
import { expectForgery } from "../support/circuits/guards.ts";
import { keyOf } from "../support/protocol/world.ts";
import { seeded } from "../support/random.ts";

type Row = Record<string, bigint>;

const DOMAIN = 0xd0_3a14n << 200n;
const TOKEN = 5n;
const TIME = 1_700_000_000n;
const ALICE = 70_001;
const L1_ADDRESS = 0xa11cen;
const NEXT_NONCE = 2n ** 32n;
const SIGNED_DOMAIN = DOMAIN + 1n + TOKEN * 2n ** 232n;

describe("circuits: Withdrawal", () => {
  const key = keyOf("alice");
  const alpha = seeded("circuits/withdrawal").field();
  const beta = poseidon([alpha]);
  const gamma = Fr.mul(beta, beta);
  let circuit: TestCircuit;
  before(async () => (circuit = await loadTemplate({ include: "withdrawal.circom", template: "Withdrawal()" })));

  const fields: Row = {
    ...{ from: BigInt(ALICE), amount: 123_456_789_012_345_678n, feeMantissa: 99n, feeExponent: 2n },
    ...{ nonce: 9n, validUntil: TIME + 1000n, late: 0n },
  };
  const payloadOf = (row: Row): bigint =>
    row["from"]! +
    row["feeMantissa"]! * 2n ** 32n +
    row["feeExponent"]! * 2n ** 43n +
    row["nonce"]! * 2n ** 48n +
    row["amount"]! * 2n ** 80n +
    row["validUntil"]! * 2n ** 208n;
  const signed = (publicKey: AffinePoint, { r8, s }: Signature): Row => ({
    ...{ Ax: publicKey.x, Ay: publicKey.y, R8x: r8.x, R8y: r8.y, S: s },
  });
  const context: Row = { alpha, beta, gamma, domain: DOMAIN, token: TOKEN, timestamp: TIME };
  /** What the account's slot has. */
  const slot: Row = { slotIndex: BigInt(ALICE), slotExists: 1n, slotL1Address: L1_ADDRESS };
  /** A row with a signature on any fields. */
  const signedRow = (changes: Row, signer: PrivateKey = key, prefix = SIGNED_DOMAIN): Row => {
    const row = { ...fields, ...changes };
    const domain = prefix + row["late"]! * 2n ** 248n;
    const signature = signer.sign(poseidon([domain, Fr.create(payloadOf(row))]));
    return { ...context, ...slot, ...row, ...signed(signer.publicKey, signature) };
  };
  const honest = signedRow({});
  const nothing = Object.fromEntries(Object.keys(fields).map((name) => [name, 0n]));
  const unused: Row = {
    ...{ ...context, ...slot, ...nothing },
    ...signed(BASE8, { r8: { x: 0n, y: 0n }, s: 0n }),
  };

  it("puts its terms on the bus, and publishes it with the L1 address of its slot", async () => {
    const witness = await circuit.witness(honest);
    expect(circuit.violated(witness)).to.be.empty;
    const over = (point: bigint): bigint => Fr.inv(Fr.create(alpha - point));
    const account = BigInt(ALICE) + beta * key.publicKey.y + gamma * 9n;
    const r8 = { x: honest["R8x"]!, y: honest["R8y"]! };
    const expected: Row = {
      active: 1n,
      fee: 9900n,
      "words[0]": WITHDRAWAL_WORD.pack({ from: ALICE, fee: 99n + 2n * 2n ** 11n, l1Address: L1_ADDRESS }),
      h: signatureHash(r8, key.publicKey, poseidon([SIGNED_DOMAIN, payloadOf(fields)])),
      change: Fr.create(-(fields["amount"]! + 9900n) * over(BigInt(ALICE))),
      nonces: Fr.sub(over(account), over(account + gamma)),
    };
    for (const [name, value] of Object.entries(expected)) expect(circuit.get(witness, name), name).to.equal(value);
    expect(circuit.get(witness, "words[1]")).to.equal(fields["amount"]);
  });
  it("accepts what signWithdrawal signs", async () => {
    const { signature } = signWithdrawal(key, DOMAIN, {
      ...{ from: ALICE, token: Number(TOKEN), amount: 55n, fee: 99n, nonce: 9, validUntil: Number(TIME) },
    });
    const row = { ...honest, amount: 55n, feeExponent: 0n, validUntil: TIME, ...signed(key.publicKey, signature) };
    expect(circuit.violated(await circuit.witness(row))).to.be.empty;
  });
  it("publishes nothing for an unused row and puts nothing on the bus, whatever its slot has", async () => {
    for (const exists of [0n, 1n]) {
      const witness = await circuit.witness({ ...unused, slotExists: exists });
      expect(circuit.violated(witness)).to.be.empty;
      for (const name of ["active", "fee", "words[0]", "words[1]", "change", "nonces"]) {
        expect(circuit.get(witness, name), name).to.equal(0n);
      }
    }
  });
  it("accepts the largest amount, and nothing; the last index, nonce and address", async () => {
    for (const changes of [
      { amount: 2n ** 128n - 1n },
      { amount: 0n, feeMantissa: 0n },
      { from: 2n ** 32n - 1n, nonce: 2n ** 32n - 1n },
    ]) {
      const row: Row = { ...signedRow(changes), slotL1Address: 2n ** 160n - 1n };
      expect(circuit.violated(await circuit.witness({ ...row, slotIndex: row["from"]! }))).to.be.empty;
    }
  });

  describe("a signature is good for nothing else", () => {
    const comparisons = [0, 1].map((i) => `R8${"xy"[i]}, active, signed.EdDSAPoseidonVerify.commitment[${i}]`);
    for (const [name, change] of Object.entries({
      "another amount": { amount: fields["amount"]! + 1n },
      "another fee": { feeMantissa: 98n },
      "another fee's exponent": { feeExponent: 1n },
      "another expiry": { validUntil: TIME + 1001n },
      "another rollup or chain": { domain: DOMAIN + 2n },
      "another S": { S: 5n },
    } satisfies Record<string, Row>)) {
      it(name, async () => void (await expectForgery(circuit, { ...honest, ...change }, comparisons)));
    }
    it("a transfer, though its payload is the same number", async () => {
      await expectForgery(circuit, signedRow({}, key, SIGNED_DOMAIN - 1n), comparisons);
    });
    it("… because the domain is one more: without, a transfer's signature takes money to L1", async () => {
      const patches = [
        { file: "withdrawal.circom", from: "signed.domain <== domain + 1;", to: "signed.domain <== domain;" },
      ];
      const patched = await loadTemplate({ include: "withdrawal.circom", template: "Withdrawal()", patches });
      expect(await patched.accepts(signedRow({}, key, SIGNED_DOMAIN - 1n))).to.be.true;
    });
  });

  describe("is of the account in its slot", () => {
    it("at the same index, or its L1 address is another account's: whoever proves takes the money", async () => {
      const stolen = { ...honest, slotIndex: BigInt(ALICE) + 1n, slotL1Address: 0xbadn };
      const forged = await expectForgery(circuit, stolen, ["active, from, slotIndex"]);
      expect(circuit.get(forged, "words[0]") % 2n ** 160n).to.equal(0xbadn);
    });
    it("which is not empty, or any L1 address can be said to be its", async () => {
      const nobody = { ...honest, slotExists: 0n, slotL1Address: 0xbadn };
      const forged = await expectForgery(circuit, nobody, ["active, slotExists"]);
      expect(circuit.get(forged, "words[0]") % 2n ** 160n).to.equal(0xbadn);
    });
    it("whose L1 address has its range, or the same word names another fee and receiver", async () => {
      // No leaf has such an address: it was checked when the account was made.
      const wide = { ...honest, slotL1Address: L1_ADDRESS + 2n ** 160n };
      await expectForgery(circuit, wide, ["RangeCheck.bit[*], l1Address"]);
    });
  });

  describe("guards", () => {
    it("the amount has its range, or a negative one mints", async () => {
      const forged = await expectForgery(circuit, signedRow({ amount: -(10n ** 30n) }), [
        "RangeCheck.bit[*], words[1]",
      ]);
      const gained = 10n ** 30n - 9900n;
      expect(circuit.get(forged, "change")).to.equal(Fr.div(gained, Fr.create(alpha - BigInt(ALICE))));
    });
    // What Alice signed is one payload, a sum: with a part out of its range it would be another withdrawal too.
    const cases: readonly [string, Row, readonly string[]][] = [
      [
        "from: it is not another account's, with a smaller fee",
        { from: fields["from"]! + NEXT_NONCE, slotIndex: fields["from"]! + NEXT_NONCE, feeMantissa: 98n },
        ["RangeCheck.bit[*], from"],
      ],
      [
        "the fee: 99 · 10^2 is not (99 + 2^11) · 10",
        { feeMantissa: 99n + 2048n, feeExponent: 1n },
        ["feeFloat.RangeCheck.bit[*], feeMantissa"],
      ],
      [
        "the fee's exponent: it is not a nonce less",
        { feeExponent: 34n, nonce: 8n },
        ["feeExponent, feeFloat.bits[*]"],
      ],
      [
        "nonce: it is not a later one, with a smaller amount",
        { nonce: 9n + NEXT_NONCE, amount: fields["amount"]! - 1n },
        ["RangeCheck.bit[*], nonce"],
      ],
      [
        "amount: it is not larger and valid for a second less",
        { amount: fields["amount"]! + 2n ** 128n, validUntil: fields["validUntil"]! - 1n },
        ["RangeCheck.bit[*], words[1]"],
      ],
    ];
    for (const [name, change, guards] of cases) {
      it(`${name}`, async () => {
        expect(payloadOf({ ...fields, ...change })).to.equal(payloadOf(fields));
        await expectForgery(circuit, { ...honest, ...change }, guards);
      });
    }
    it("it has not expired", async () => {
      const guard = ["signed.RangeCheck.bit[*], signed.RangeCheck.in"];
      await expectForgery(circuit, { ...honest, timestamp: TIME + 1001n }, guard);
      await expectForgery(circuit, signedRow({ validUntil: TIME - 1n }), guard);
      await expectForgery(circuit, signedRow({ validUntil: TIME + 2n ** 40n }), guard);
    });
    it("its time has come", async () => {
      expect(circuit.violated(await circuit.witness(signedRow({ late: 1n, validUntil: TIME })))).to.be.empty;
      const guard = ["signed.RangeCheck.bit[*], signed.RangeCheck.in"];
      for (const validUntil of [TIME + 1n, TIME - 2n ** 40n]) {
        await expectForgery(circuit, signedRow({ late: 1n, validUntil }), guard);
      }
    });
    it("its time is a last second or a first one, as its owner signed it", async () => {
      const comparisons = [0, 1].map((i) => `R8${"xy"[i]}, active, signed.EdDSAPoseidonVerify.commitment[${i}]`);
      await expectForgery(circuit, { ...signedRow({ validUntil: TIME - 1n }), late: 1n }, comparisons);
      await expectForgery(circuit, { ...signedRow({ late: 1n, validUntil: TIME + 1n }), late: 0n }, comparisons);
      await expectForgery(circuit, signedRow({ late: 2n, validUntil: TIME - 5n }), ["active, late"]);
      await expectForgery(circuit, { ...unused, late: 1n }, ["active, late"]);
    });
    it("an unused row takes nothing and says nothing", async () => {
      await expectForgery(circuit, { ...unused, validUntil: 1n }, ["active, validUntil"]);
      for (const field of ["amount", "feeMantissa", "feeExponent", "nonce"]) {
        await expectForgery(circuit, { ...unused, [field]: 1n }, ["active, signed.fields"]);
      }
    });
    it("has no witness where the challenge is a pole of the bus", async () => {
      const NEXT = 2n ** 32n;
      const poles = {
        change: BigInt(ALICE),
        taken: BigInt(ALICE) + 9n * NEXT,
        put: BigInt(ALICE) + 10n * NEXT,
      };
      for (const [name, pole] of Object.entries(poles)) {
        expect(circuit.violated(await circuit.forge({ ...honest, alpha: pole, beta: 0n, gamma: NEXT })), name).not.to.be
          .empty;
      }
    });
  });
});
