import { expect } from "chai";
import { Fr } from "../../protocol/field.ts";
import { signWithdrawal } from "../../protocol/operations.ts";
import { WITHDRAWAL_WORD } from "../../protocol/packing.ts";
import { poseidon } from "../../protocol/poseidon.ts";
import { BASE8, type AffinePoint, type PrivateKey, type Signature } from "../../protocol/signature.ts";
import { loadTemplate, type CircuitInput, type TestCircuit } from "../support/circuit.ts";
import { brokenGuards, expectForgery } from "../support/guards.ts";
import { keyOf, World, type RawAccount } from "../support/world.ts";

type Row = Record<string, bigint>;

const DOMAIN = 0xd0_3a14n << 200n;
const TOKEN = 5n;
const TIME = 1_700_000_000n;
const ALICE = 70_001;
const SIGNED_DOMAIN = DOMAIN + 1n + TOKEN * 2n ** 232n;

describe("circuits: Withdrawal", () => {
  const key = keyOf("alice");
  const alice: RawAccount = {
    pubKeyY: key.publicKey.y,
    l1Address: 0xa11cen,
    token: TOKEN,
    balance: 10n ** 21n,
    nonce: 9n,
  };
  const world = new World({ [ALICE]: alice });
  let circuit: TestCircuit;
  before(async () => (circuit = await loadTemplate({ include: "withdrawal.circom", template: "Withdrawal()" })));

  const fields: Row = {
    ...{ from: BigInt(ALICE), amount: 123_456_789_012_345_678n, feeMantissa: 99n, feeExponent: 2n },
    ...{ nonce: 9n, validUntil: TIME + 1000n },
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
  /** What the prover says of the account, and the context of the batch. */
  const surroundings = (state: World, index: number, account: RawAccount | undefined): CircuitInput => ({
    ...{ root: state.root, domain: DOMAIN, token: TOKEN, timestamp: TIME, children: state.path(index) },
    ...{ l1Address: account?.l1Address ?? 0n, balance: account?.balance ?? 0n },
  });
  /** A row with a signature on any fields. */
  const signedRow = (changes: Row, signer: PrivateKey = key, prefix = SIGNED_DOMAIN): CircuitInput => {
    const row = { ...fields, ...changes };
    const signature = signer.sign(poseidon([prefix, Fr.create(payloadOf(row))]));
    return { ...surroundings(world, ALICE, alice), ...row, ...signed(signer.publicKey, signature) };
  };
  const honest = signedRow({});
  const nothing = Object.fromEntries(Object.keys(fields).map((name) => [name, 0n]));
  const unused: CircuitInput = {
    ...surroundings(world, 0, undefined),
    ...nothing,
    ...signed(BASE8, { r8: { x: 0n, y: 0n }, s: 0n }),
  };

  it("takes amount and fee from the account, and publishes them with its L1 address", async () => {
    const witness = await circuit.witness(honest);
    expect(circuit.violated(witness)).to.be.empty;
    const after = { ...alice, balance: alice.balance - fields["amount"]! - 9900n, nonce: 10n };
    const word = WITHDRAWAL_WORD.pack({ from: ALICE, fee: 99n + 2n * 2n ** 11n, l1Address: alice.l1Address });
    const expected: Row = { active: 1n, fee: 9900n, "words[0]": word, newRoot: world.rootWith(ALICE, after) };
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
  it("publishes nothing for an unused row", async () => {
    const witness = await circuit.witness(unused);
    expect(circuit.violated(witness)).to.be.empty;
    for (const name of ["active", "fee", "words[0]", "words[1]"]) expect(circuit.get(witness, name), name).to.equal(0n);
    expect(circuit.get(witness, "newRoot")).to.equal(world.root);
  });
  it("accepts the whole balance, and nothing", async () => {
    for (const amount of [alice.balance - 9900n, 0n]) {
      expect(circuit.violated(await circuit.witness(signedRow({ amount })))).to.be.empty;
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

  it("is of the account that signs: no other key, nonce, address, token, balance or index", async () => {
    for (const [name, input] of Object.entries({
      key: signedRow({}, keyOf("mallory")),
      "earlier nonce": signedRow({ nonce: 8n }),
      "later nonce": signedRow({ nonce: 10n }),
      index: signedRow({ from: BigInt(ALICE) + 1n }),
      token: { ...signedRow({}, key, SIGNED_DOMAIN + 2n ** 232n), token: TOKEN + 1n },
      address: { ...honest, l1Address: 0xbadn },
      balance: { ...honest, balance: alice.balance + 1n },
    })) {
      // The signature is right; it is the leaf that is not the tree's.
      const broken = brokenGuards(circuit, await circuit.forge(input));
      expect(broken, name).to.have.lengthOf(1);
      expect(broken[0], name).to.match(/TreeLevel\[0\]/);
    }
  });

  describe("guards", () => {
    it("the amount has its range, or a negative one mints", async () => {
      const forged = await expectForgery(circuit, signedRow({ amount: -(10n ** 30n) }), [
        "RangeCheck.bit[*], words[1]",
      ]);
      const richer = { ...alice, balance: alice.balance + 10n ** 30n - 9900n, nonce: 10n };
      expect(circuit.get(forged, "newRoot")).to.equal(world.rootWith(ALICE, richer));
    });
    it("the balance suffices, or what is missing is minted", async () => {
      const guard = ["update.RangeCheck.bit[*], update.balance[1]"];
      await expectForgery(circuit, signedRow({ amount: alice.balance - 9899n }), guard);
      await expectForgery(circuit, signedRow({ amount: 2n ** 128n - 1n }), guard);
    });
    it("the fee has its range: 99 · 10^2 is not (99 + 2^11) · 10", async () => {
      const change = { feeMantissa: 99n + 2048n, feeExponent: 1n };
      await expectForgery(circuit, { ...honest, ...change }, ["feeFloat.RangeCheck.bit[*], feeMantissa"]);
    });
    it("the fee's exponent has its range, or it is a nonce less", async () => {
      const before = new World({ [ALICE]: { ...alice, nonce: 8n } });
      const row = { ...honest, ...surroundings(before, ALICE, alice), feeExponent: 34n, nonce: 8n };
      await expectForgery(circuit, row, ["feeExponent, feeFloat.bits[*]"]);
    });
    it("the account has a nonce left: 2^32 - 1 is never used", async () => {
      const worn = { ...alice, nonce: 2n ** 32n - 1n };
      const state = new World({ [ALICE]: worn });
      const row = { ...signedRow({ nonce: worn.nonce }), ...surroundings(state, ALICE, worn) };
      await expectForgery(circuit, row, ["update.RangeCheck.bit[*], update.nonce[1]"]);
      const last = { ...alice, nonce: 2n ** 32n - 2n };
      const fresh = new World({ [ALICE]: last });
      const allowed = { ...signedRow({ nonce: last.nonce }), ...surroundings(fresh, ALICE, last) };
      expect(circuit.violated(await circuit.witness(allowed))).to.be.empty;
    });
    it("the L1 address has its range, or the same word names another fee and receiver", async () => {
      // No leaf has such an address: it was checked when the account was made.
      const wide = { ...alice, l1Address: alice.l1Address + 2n ** 160n };
      const state = new World({ [ALICE]: wide });
      await expectForgery(circuit, { ...honest, ...surroundings(state, ALICE, wide) }, [
        "RangeCheck.bit[*], l1Address",
      ]);
    });
    it("it has not expired", async () => {
      const guard = ["signed.RangeCheck.bit[*], signed.RangeCheck.in"];
      await expectForgery(circuit, { ...honest, timestamp: TIME + 1001n }, guard);
      await expectForgery(circuit, signedRow({ validUntil: TIME - 1n }), guard);
      await expectForgery(circuit, signedRow({ validUntil: TIME + 2n ** 40n }), guard);
    });
    it("an unused row takes nothing and says nothing", async () => {
      const overdrawn = "update.RangeCheck.bit[*], update.balance[1]";
      for (const [change, guards] of [
        [{ l1Address: 1n }, ["active, l1Address"]],
        [{ validUntil: 1n }, ["active, validUntil"]],
        [{ amount: 1n }, ["active, signed.fields", overdrawn]],
        [{ feeMantissa: 1n }, ["active, signed.fields", overdrawn]],
        [{ feeExponent: 1n }, ["active, signed.fields"]],
        [{ nonce: 1n }, ["active, signed.fields", "active, nonce"]],
        [{ balance: 1n }, ["active, balance"]],
      ] as const) {
        await expectForgery(circuit, { ...unused, ...change }, guards);
      }
    });
    it("an active row has an account: an empty leaf pays nothing", async () => {
      const row = {
        ...signedRow({ from: BigInt(ALICE) + 1n, nonce: 0n }),
        ...surroundings(world, ALICE + 1, undefined),
      };
      expect(circuit.violated(await circuit.forge(row))).not.to.be.empty;
      // With exists = 0 for an active row, whoever signs takes money from a leaf that is not there.
      const patches = [
        { file: "withdrawal.circom", from: "update.exists <== [active, active];", to: "update.exists <== [0, 0];" },
        { file: "account.circom", from: "(1 - exists[0]) * balance[0] === 0;", to: "" },
        { file: "account.circom", from: "(1 - exists[0]) * nonce[0] === 0;", to: "" },
      ];
      const patched = await loadTemplate({ include: "withdrawal.circom", template: "Withdrawal()", patches });
      expect(await patched.accepts({ ...row, balance: 10n ** 30n })).to.be.true;
    });
  });
});
