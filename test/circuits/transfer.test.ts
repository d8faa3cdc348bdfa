import { expect } from "chai";
import { Fr } from "../../protocol/field.ts";
import { signTransfer } from "../../protocol/operations.ts";
import { poseidon } from "../../protocol/poseidon.ts";
import { BASE8, signatureHash, type AffinePoint, type Signature } from "../../protocol/signature.ts";
import { loadTemplate, type TestCircuit } from "../support/circuits/circuit.ts";
import { expectCheat, expectForgery } from "../support/circuits/guards.ts";
import { keyOf } from "../support/protocol/world.ts";
import { seeded } from "../support/random.ts";

type Row = Record<string, bigint>;

const DOMAIN = 0xd0_3a14n << 200n;
const TOKEN = 5;
const TIME = 1_700_000_000;
const NEXT_NONCE = 2n ** 32n;

describe("circuits: Transfer", () => {
  const random = seeded("circuits/transfer");
  const alpha = random.field();
  const beta = poseidon([alpha]);
  const gamma = Fr.mul(beta, beta);
  const context: Row = { alpha, beta, gamma, domain: DOMAIN, token: BigInt(TOKEN), timestamp: BigInt(TIME) };
  const alice = keyOf("alice");
  const mallory = keyOf("mallory");

  /** 12345 · 10^6 from one account to another, with a fee of 99 · 10^2. */
  const fields: Row = {
    ...{ from: 70_001n, to: 4_000_000_007n, amountMantissa: 12_345n, amountExponent: 6n },
    ...{ feeMantissa: 99n, feeExponent: 2n, nonce: 7n, validUntil: BigInt(TIME) + 1000n, late: 0n },
  };
  const signed = (publicKey: AffinePoint, { r8, s }: Signature): Row => ({
    ...{ Ax: publicKey.x, Ay: publicKey.y, R8x: r8.x, R8y: r8.y, S: s },
  });
  const payloadOf = (row: Row): bigint =>
    row["feeMantissa"]! +
    row["feeExponent"]! * 2n ** 11n +
    row["amountMantissa"]! * 2n ** 16n +
    row["amountExponent"]! * 2n ** 55n +
    row["to"]! * 2n ** 60n +
    row["from"]! * 2n ** 92n +
    row["nonce"]! * 2n ** 124n +
    row["validUntil"]! * 2n ** 156n;
  const signedDomain = DOMAIN + BigInt(TOKEN) * 2n ** 232n;
  const LATE = 2n ** 248n;
  /** A row with a signature on any fields. */
  const signedRow = (changes: Row, key = mallory, prefix = signedDomain): Row => {
    const row = { ...fields, ...changes };
    const message = poseidon([Fr.create(prefix + row["late"]! * LATE), Fr.create(payloadOf(row))]);
    return { ...context, ...row, ...signed(key.publicKey, key.sign(message)) };
  };
  const honest = signedRow({}, alice);
  const nothing = Object.fromEntries(Object.keys(fields).map((name) => [name, 0n]));
  const unused: Row = { ...context, ...nothing, ...signed(BASE8, { r8: { x: 0n, y: 0n }, s: 0n }) };

  let circuit: TestCircuit;
  before(async () => (circuit = await loadTemplate({ include: "transfer.circom", template: "Transfer()" })));

  it("puts a transfer's terms on the bus", async () => {
    const witness = await circuit.witness(honest);
    expect(circuit.violated(witness)).to.be.empty;
    const over = (point: bigint): bigint => Fr.inv(Fr.create(alpha - point));
    const account = 70_001n + beta * alice.publicKey.y + gamma * 7n;
    const message = poseidon([signedDomain, payloadOf(fields)]);
    const r8 = { x: honest["R8x"]!, y: honest["R8y"]! };
    const expected: Row = {
      active: 1n,
      fee: 9900n,
      payment: payloadOf(fields) % 2n ** 60n,
      parties: (payloadOf(fields) >> 60n) % 2n ** 64n,
      h: signatureHash(r8, alice.publicKey, message),
      change: Fr.create(12_345_000_000n * over(4_000_000_007n) - 12_345_009_900n * over(70_001n)),
      nonces: Fr.sub(over(account), over(account + gamma)),
    };
    for (const [name, value] of Object.entries(expected)) expect(circuit.get(witness, name), name).to.equal(value);
  });
  it("accepts what signTransfer signs", async () => {
    const transfer = signTransfer(alice, DOMAIN, {
      ...{
        from: 70_001,
        to: 4_000_000_007,
        token: TOKEN,
        amount: 12_345n,
        fee: 99n,
        nonce: 7,
        validUntil: TIME + 1000,
      },
    });
    const row = { ...honest, amountExponent: 0n, feeExponent: 0n, ...signed(alice.publicKey, transfer.signature) };
    expect(circuit.violated(await circuit.witness(row))).to.be.empty;
  });
  it("puts nothing on the bus for an unused row", async () => {
    const witness = await circuit.witness(unused);
    expect(circuit.violated(witness)).to.be.empty;
    for (const name of ["active", "fee", "payment", "parties", "change", "nonces"]) {
      expect(circuit.get(witness, name), name).to.equal(0n);
    }
  });
  for (const [name, changes] of Object.entries({
    "an amount of zero": { amountMantissa: 0n, amountExponent: 0n },
    "a zero with an exponent": { amountMantissa: 0n, amountExponent: 31n },
    "the largest amount and fee": {
      amountMantissa: 2n ** 39n - 1n,
      amountExponent: 31n,
      feeMantissa: 2047n,
      feeExponent: 31n,
    },
    "the last index and nonce": { from: 2n ** 32n - 1n, to: 2n ** 32n - 1n, nonce: 2n ** 32n - 1n },
    "its last second": { validUntil: BigInt(TIME) },
    "the latest expiry": { validUntil: 2n ** 40n - 1n },
    "its first second": { late: 1n, validUntil: BigInt(TIME) },
    "the earliest start": { late: 1n, validUntil: 0n },
  } satisfies Record<string, Row>)) {
    it(`accepts ${name}`, async () => {
      expect(circuit.violated(await circuit.witness(signedRow(changes)))).to.be.empty;
    });
  }

  describe("a signature is good for nothing else", () => {
    const twoParts = [
      "active, signed.EdDSAPoseidonVerify.commitment[0]",
      "active, signed.EdDSAPoseidonVerify.commitment[1]",
    ];
    const comparisons = twoParts.map((text, i) => `R8${"xy"[i]}, ${text}`);
    const changes: Record<string, Row> = {
      "another sender": { from: 70_002n },
      "another receiver": { to: 4_000_000_008n },
      "another amount": { amountMantissa: 12_346n },
      "another exponent": { amountExponent: 7n },
      "another fee": { feeMantissa: 98n },
      "another fee's exponent": { feeExponent: 3n },
      "another nonce": { nonce: 8n },
      "another expiry": { validUntil: BigInt(TIME) + 1001n },
      "another token": { token: 6n },
      "another rollup or chain": { domain: DOMAIN + 2n },
      "another key": { Ax: mallory.publicKey.x, Ay: mallory.publicKey.y },
      "the key's negative": { Ax: Fr.neg(alice.publicKey.x) },
      "another S": { S: honest["S"]! + 1n },
      "another R8": { R8x: mallory.publicKey.x, R8y: mallory.publicKey.y },
    };
    for (const [name, change] of Object.entries(changes)) {
      it(name, async () => void (await expectForgery(circuit, { ...honest, ...change }, comparisons)));
    }
    it("a withdrawal, though its payload is the same number", async () => {
      await expectForgery(circuit, signedRow({}, alice, signedDomain + 1n), comparisons);
    });
    for (const [part, from, to, prefix, change] of [
      ["token", " + token * 2 ** SIGNING_DOMAIN_TOKEN()", "", DOMAIN, { token: 6n }],
      ["domain", "domain + token * 2 ** SIGNING_DOMAIN_TOKEN()", "token", BigInt(TOKEN), { domain: 1n }],
      ["side of validUntil", " + late * 2 ** SIGNING_DOMAIN_LATE()", "", signedDomain, { late: 1n }],
    ] as const) {
      it(`… because the message has the ${part}`, async () => {
        const patches = [{ file: "signed_row.circom", from, to }];
        const patched = await loadTemplate({ include: "transfer.circom", template: "Transfer()", patches });
        const row = signedRow({ validUntil: BigInt(TIME) }, alice, prefix);
        expect(await patched.accepts(row)).to.be.true;
        expect(await patched.accepts({ ...row, ...change })).to.be.true;
      });
    }
  });

  // The payload is a sum: a part that is out of its range makes up for another. The signature is Alice's in each case.
  describe("ranges: what Alice signed is nothing else", () => {
    const cases: readonly [string, Row, readonly string[]][] = [
      [
        "from: it is not a nonce less at an index above 2^32",
        { from: fields["from"]! + NEXT_NONCE, nonce: 6n },
        ["RangeCheck.bit[*], from"],
      ],
      [
        "to: it is not from the index before",
        { to: fields["to"]! + 2n ** 32n, from: 70_000n },
        ["RangeCheck.bit[*], to"],
      ],
      [
        "amount: 12345 · 10^6 is not (12345 + 2^39) · 10^5",
        { amountMantissa: 12_345n + 2n ** 39n, amountExponent: 5n },
        ["amountFloat.RangeCheck.bit[*], amountMantissa"],
      ],
      [
        "amount's exponent: it is not to the index before",
        { amountExponent: 6n + 32n, to: fields["to"]! - 1n },
        ["amountExponent, amountFloat.bits[*]"],
      ],
      [
        "fee: 99 · 10^2 is not (99 + 2^11) · 10",
        { feeMantissa: 99n + 2048n, feeExponent: 1n },
        ["feeFloat.RangeCheck.bit[*], feeMantissa"],
      ],
      [
        "fee's exponent: it is not a unit less",
        { feeExponent: 2n + 32n, amountMantissa: 12_344n },
        ["feeExponent, feeFloat.bits[*]"],
      ],
      [
        "nonce: it is not another one until later",
        { nonce: 7n - NEXT_NONCE, validUntil: fields["validUntil"]! + 1n },
        ["RangeCheck.bit[*], nonce"],
      ],
    ];
    for (const [name, change, guards] of cases) {
      it(name, async () => {
        expect(payloadOf({ ...fields, ...change })).to.equal(payloadOf(fields));
        const forged = await circuit.forge({ ...honest, ...change });
        expect(circuit.get(forged, "h")).to.equal(circuit.get(await circuit.witness(honest), "h"));
        await expectForgery(circuit, { ...honest, ...change }, guards);
      });
    }
    it("expiry: not after it, and not so late that the payload wraps around", async () => {
      const guard = ["signed.RangeCheck.bit[*], signed.RangeCheck.in"];
      await expectForgery(circuit, { ...honest, timestamp: BigInt(TIME) + 1001n }, guard);
      for (const validUntil of [BigInt(TIME) - 1n, BigInt(TIME) + 2n ** 40n, Fr.div(-1n, 2n ** 156n)]) {
        await expectForgery(circuit, signedRow({ validUntil }), guard);
      }
    });
    it("start: not before it, and not so early that the payload wraps around", async () => {
      const guard = ["signed.RangeCheck.bit[*], signed.RangeCheck.in"];
      for (const validUntil of [BigInt(TIME) + 1n, BigInt(TIME) - 2n ** 40n, Fr.div(-1n, 2n ** 156n)]) {
        await expectForgery(circuit, signedRow({ late: 1n, validUntil }), guard);
      }
    });
    it("late: what has a last second is not good from it on, and what has a first one not until then", async () => {
      const comparisons = [0, 1].map((i) => `R8${"xy"[i]}, active, signed.EdDSAPoseidonVerify.commitment[${i}]`);
      const expired = signedRow({ validUntil: BigInt(TIME) - 1n }, alice);
      await expectForgery(circuit, { ...expired, late: 1n }, comparisons);
      const early = signedRow({ late: 1n, validUntil: BigInt(TIME) + 1n }, alice);
      await expectForgery(circuit, { ...early, late: 0n }, comparisons);
    });
    it("late: it is 0 or 1, or what Alice signed for another token is one of this", async () => {
      const other = signedRow({ validUntil: BigInt(TIME) }, alice, signedDomain + 2n ** 232n);
      const late = Fr.inv(2n ** 16n);
      await expectForgery(circuit, { ...other, late }, ["active, late"]);
      await expectForgery(circuit, signedRow({ late: 2n, validUntil: BigInt(TIME) - 5n }), ["active, late"]);
    });
  });

  describe("an unused row", () => {
    it("has an empty payload: no amount without a signature", async () => {
      for (const field of ["to", "amountMantissa", "amountExponent", "feeMantissa", "feeExponent", "nonce"]) {
        await expectForgery(circuit, { ...unused, [field]: 1n }, ["active, signed.fields"]);
      }
    });
    it("has no expiry: with that free its fields would be too", async () => {
      await expectForgery(circuit, { ...unused, validUntil: 1n }, ["active, validUntil"]);
      // One constraint on the payload instead of two: the hash that c absorbs stays that of an empty row.
      const patched = await loadTemplate({
        include: "transfer.circom",
        template: "Transfer()",
        patches: [
          { file: "signed_row.circom", from: "(1 - active) * fields === 0;", to: "" },
          {
            file: "signed_row.circom",
            from: "(1 - active) * validUntil === 0;",
            to: "(1 - active) * (fields + validUntil * 2 ** validUntilOffset) === 0;",
          },
        ],
      });
      const minted = { ...unused, to: 70_666n, amountMantissa: 10n ** 11n, amountExponent: 18n };
      const hidden = { ...minted, validUntil: Fr.neg(Fr.div(payloadOf(minted), 2n ** 156n)) };
      const witness = await patched.witness(hidden);
      expect(patched.violated(witness)).to.be.empty;
      expect(patched.get(witness, "h")).to.equal(circuit.get(await circuit.witness(unused), "h"));
      expect(patched.get(witness, "change")).not.to.equal(0n);
      await expectForgery(circuit, hidden, ["active, signed.fields", "active, validUntil"]);
    });
    it("is not late, so that there is one kind of unused row", async () => {
      await expectForgery(circuit, { ...unused, late: 1n }, ["active, late"]);
    });
    it("has no sender: a row with one cannot pass for unused", async () => {
      // With inverse = 0 the row is not active: then neither signature nor nonce would be asked for.
      const wires = Array.from({ length: circuit.counts.wires }, (_, wire) => circuit.nameOf(wire));
      const hints = wires.filter((name) => /^signed\.(inverse$|RangeCheck\w*\.bit)/.test(name));
      const zeros = Object.fromEntries(hints.map((name) => [name, 0n]));
      await expectCheat(circuit, honest, zeros, ["active, signed.fields", "active, validUntil"]);
      const early = { ...signedRow({ validUntil: 0n }, alice), timestamp: 0n };
      await expectCheat(circuit, early, zeros, ["active, signed.fields"]);
    });
  });
});
