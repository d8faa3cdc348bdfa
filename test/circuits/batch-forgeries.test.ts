import { expect } from "chai";
import { leafOf, type Account } from "../../protocol/account.ts";
import type { Batch } from "../../protocol/batch.ts";
import { Fr } from "../../protocol/field.ts";
import type { Signed, Transfer } from "../../protocol/operations.ts";
import { RollupState } from "../../protocol/state.ts";
import { StateTree } from "../../protocol/tree.ts";
import type { CircuitInput } from "../../protocol/witness.ts";
import { loadTemplate, type Patch, type TestCircuit } from "../support/circuits/circuit.ts";
import { batchOn, challengeFor, changed, stateOf, withSlots } from "../support/circuits/forged-batch.ts";
import {
  ALICE,
  balanceOf,
  BALANCES,
  BOB,
  CAROL,
  CIRCUIT,
  DAVE,
  EMPTY_SLOTS,
  FEES,
  GRACE,
  honestSlots,
  idleRequest,
  NOBODY,
  NONCES,
  none,
  OPERATOR,
  paid,
  request,
  single,
  SIZE,
  state,
  transfer,
  withdrawal,
  withdrawn,
} from "../support/circuits/forged-scenario.ts";
import { brokenGuards, expectForgery, expectRefused } from "../support/circuits/guards.ts";
import { smallSolution } from "../support/circuits/lattice.ts";
import { keyOf } from "../support/protocol/world.ts";

// What an operator could do to a batch if something were missing on its bus. Forgeries of single rows are in the tests of
// their templates.

describe("circuits: forged batches", () => {
  let circuit: TestCircuit;
  let batch: Batch;
  before(async () => {
    circuit = await loadTemplate(CIRCUIT);
    batch = batchOn(state, SIZE, request);
  });

  /** The batch with other balances and nonces after it. */
  const withAfter = (changes: Readonly<Record<number, Partial<Account>>>): CircuitInput =>
    withSlots(
      state,
      SIZE,
      request,
      honestSlots.map(({ index, after }) => ({ index, after: { ...after, ...changes[index] } })),
    );
  /** A transfer's row, signed by anybody. */
  const signed = (
    row: number,
    { from, to, nonce, publicKey, signature }: Signed<Transfer>,
  ): Record<string, bigint> => ({
    ...{
      [`transferFrom[${row}]`]: BigInt(from),
      [`transferTo[${row}]`]: BigInt(to),
      [`transferNonce[${row}]`]: BigInt(nonce),
    },
    ...{ [`transferAx[${row}]`]: publicKey.x, [`transferAy[${row}]`]: publicKey.y, [`transferS[${row}]`]: signature.s },
    ...{ [`transferR8x[${row}]`]: signature.r8.x, [`transferR8y[${row}]`]: signature.r8.y },
  });
  const expectChanges = async (
    changes: Record<string, bigint>,
    guards: readonly string[],
    base = batch,
  ): Promise<bigint[]> => expectForgery(circuit, changed(base.input, changes), guards);

  describe("balances", () => {
    it("each account changes by its transfers: no more, no less, and not by another's", async () => {
      const [carol, grace, alice, bob, operator] = honestSlots.map(({ after }) => after.balance!) as [
        ...[bigint, bigint, bigint, bigint, bigint],
      ];
      for (const changes of [
        { [BOB]: { balance: bob + 1n } },
        { [BOB]: { balance: bob - 1n } },
        { [CAROL]: { balance: carol + 10n ** 30n } },
        { [ALICE]: { balance: alice + 100n }, [CAROL]: { balance: carol - 100n } },
        { [CAROL]: { balance: carol + 4000n } },
        { [CAROL]: { balance: carol + 900n }, [GRACE]: { balance: grace - 900n } },
        { [OPERATOR]: { balance: operator - 1n } },
        { [OPERATOR]: { balance: operator - FEES }, [BOB]: { balance: bob + FEES } },
      ]) {
        await expectForgery(circuit, withAfter(changes), [BALANCES]);
      }
    });
    it("an unused row moves nothing", async () => {
      const minted = { "transferTo[1]": BigInt(BOB), "transferAmountMantissa[1]": 10n ** 11n };
      const guards = ["transfer[1].active, transfer[1].signed.fields", BALANCES];
      await expectChanges(minted, guards, batchOn(state, SIZE, single));
    });
    it("an empty slot has no balance: two of them would mint any sum, found by lattice reduction", async () => {
      const gift = 10n ** 30n;
      const mallory = { index: ALICE, after: { balance: balanceOf(ALICE) + gift } };
      const input = withSlots(state, SIZE, none, [withdrawn, paid, mallory, ...EMPTY_SLOTS.slice(0, 2)]);
      const alpha = await challengeFor(circuit, input);
      const weight = (index: number): bigint => Fr.inv(Fr.sub(alpha, BigInt(index)));
      const missing = Fr.neg(Fr.mul(gift, weight(ALICE)));
      const [first, second] = smallSolution(weight(NOBODY), weight(NOBODY + 1), missing, 2n ** 128n)!;
      const forged = changed(input, { alpha, "slotBalance[3][1]": first, "slotBalance[4][1]": second });
      await expectForgery(circuit, forged, ["slotBalance[3][1], slotExists[3]", "slotBalance[4][1], slotExists[4]"]);
      // They came after the challenge: c does not see them.
      expect(await challengeFor(circuit, forged)).to.equal(alpha);
    });
    it("c fixes the slots' balances: two of them chosen after alpha would mint any sum", async () => {
      const gift = 10n ** 30n;
      const mallory = { index: ALICE, after: { balance: balanceOf(ALICE) + gift } };
      const alpha = await challengeFor(
        circuit,
        withSlots(state, SIZE, none, [withdrawn, paid, mallory, { index: BOB }]),
      );
      const weight = (index: number): bigint => Fr.inv(Fr.sub(alpha, BigInt(index)));
      const [bob, carol] = [balanceOf(BOB), balanceOf(CAROL) - 4011n];
      const before = Fr.create(bob * weight(BOB) + carol * weight(CAROL));
      const missing = Fr.sub(before, Fr.mul(gift, weight(ALICE)));
      const [first, second] = smallSolution(weight(BOB), weight(CAROL), missing, 2n ** 128n)!;
      const forged = withSlots(state, SIZE, none, [
        { index: CAROL, after: { balance: second, nonce: 3 } },
        paid,
        mallory,
        { index: BOB, after: { balance: first } },
      ]);
      // At this alpha everything holds; but c has absorbed the leaves, and alpha is another one.
      expect(circuit.violated(await circuit.witness({ ...forged, alpha }))).to.be.empty;
      const honest = await challengeFor(circuit, forged);
      expect(honest).not.to.equal(alpha);
      await expectForgery(circuit, { ...forged, alpha: honest }, [BALANCES]);
    });
    it("an account may take several slots, each from where the last one left it", async () => {
      const slots = [
        withdrawn,
        { index: ALICE, after: { balance: balanceOf(ALICE) - 2000n, nonce: 7 } },
        { index: BOB, after: { balance: balanceOf(BOB) + 1200n } },
        { index: ALICE, after: { balance: balanceOf(ALICE) - 1230n, nonce: 8 } },
        { index: OPERATOR, after: { balance: balanceOf(OPERATOR) + 41n } },
      ];
      const input = withSlots(state, SIZE, single, slots);
      expect(circuit.violated(await circuit.witness(input))).to.be.empty;
      const again = changed(input, { "slotBalance[3][0]": balanceOf(ALICE) });
      await expectRefused(circuit, again, /^slot\[3\]\.update\.TreePath\.TreeLevel\[0\]\.change/);
    });
  });

  describe("fees", () => {
    /** The honest slots, but for what the fee account's becomes. */
    const withFees = (fees: Readonly<Record<number, bigint>>, feeAccount: number = OPERATOR): CircuitInput => {
      const slots = honestSlots.filter(({ index }) => index !== OPERATOR);
      const credited = slots.map(({ index, after }) => {
        return { index, after: { ...after, balance: after.balance! + (fees[index] ?? 0n) } };
      });
      const others = Object.entries(fees).filter(([index]) => slots.every((slot) => slot.index !== Number(index)));
      const more = others.map(([index, fee]) => {
        return { index: Number(index), after: { balance: (state.account(Number(index))?.balance ?? 0n) + fee } };
      });
      return withSlots(state, SIZE, request, [...credited, ...more], feeAccount);
    };

    it("go whole to the fee account, and from an account to itself as well", async () => {
      for (const input of [withFees({ [OPERATOR]: FEES }), withFees({ [ALICE]: FEES }, ALICE)]) {
        expect(circuit.violated(await circuit.witness(input))).to.be.empty;
      }
    });
    it("do not go to another account, to nobody, to an empty index, or in part", async () => {
      for (const input of [
        withFees({ [ALICE]: FEES }),
        withFees({}),
        withFees({ [OPERATOR]: FEES }, BOB),
        withFees({}, NOBODY),
        withFees({ [NOBODY]: FEES }, NOBODY),
        withFees({ [OPERATOR]: FEES - 11n }),
      ]) {
        await expectForgery(circuit, input, [BALANCES]);
      }
    });
    it("do not go to an account of another token, nor does such an account take part otherwise", async () => {
      for (const input of [
        withFees({ [DAVE]: FEES }, DAVE),
        withSlots(state, SIZE, none, [withdrawn, paid, { index: DAVE }]),
      ]) {
        const broken = brokenGuards(circuit, await circuit.forge(input));
        // As one of the batch's token it is not on its path; and so what it reads is not what is there.
        expect(broken.filter((guard) => /TreePath\.TreeLevel\[0\]/.test(guard))).to.have.lengthOf(1);
      }
    });
  });

  it("a withdrawal is of the account in its slot, and of no other slot's", async () => {
    const [carol, grace, alice, ...rest] = honestSlots;
    const guard = (row: number): string => `slotIndex[${row}], withdrawalFrom[${row}], withdrawal[${row}].active`;
    for (const [slots, guards] of [
      [[alice!, grace!, carol!, ...rest], [guard(0)]],
      [[carol!, alice!, grace!, ...rest], [guard(1)]],
      [
        [grace!, carol!, alice!, ...rest],
        [guard(0), guard(1)],
      ],
    ] as const) {
      await expectForgery(circuit, withSlots(state, SIZE, request, slots), guards);
    }
  });
  it("a withdrawal is paid to its own account's L1 address, whatever row it is in", async () => {
    const witness = await circuit.witness(batch.input);
    const addresses = [0, 1].map((row) => circuit.get(witness, `withdrawal[${row}].l1Address`));
    expect(addresses).to.deep.equal([CAROL, GRACE].map((index) => state.account(index)!.l1Address));
  });

  describe("nonces and keys", () => {
    it("no transfer twice in a batch", async () => {
      const twice = batchOn(state, SIZE, {
        ...request,
        transfers: [transfer("alice", ALICE, {}), transfer("alice", ALICE, { nonce: 8 })],
      });
      const again = signed(1, transfer("alice", ALICE, {}));
      await expectChanges(again, [NONCES], twice);
    });
    it("no transfer of an earlier batch, and none ahead of its time", async () => {
      for (const nonce of [6, 8, 9]) await expectChanges(signed(0, transfer("alice", ALICE, { nonce })), [NONCES]);
    });
    it("no transfer that leaves the nonce as it was, and no nonce that goes without one", async () => {
      for (const nonce of [3, 7, 8, 10]) await expectForgery(circuit, withAfter({ [ALICE]: { nonce } }), [NONCES]);
    });
    it("no transfer signed by somebody else", async () => {
      await expectChanges(signed(0, transfer("mallory", ALICE, {})), [NONCES]);
    });
    it("no transfer with another account's nonce, though both have one key", async () => {
      const pair = stateOf({
        [ALICE]: state.account(ALICE)!,
        [BOB]: { ...state.account(ALICE)!, nonce: 20 },
        [OPERATOR]: state.account(OPERATOR)!,
      });
      const both = batchOn(pair, SIZE, {
        ...{ ...request, withdrawals: [] },
        transfers: [transfer("alice", ALICE, { to: BOB }), transfer("alice", BOB, { to: ALICE, nonce: 20 })],
      });
      const swapped = {
        ...signed(0, transfer("alice", ALICE, { to: BOB, nonce: 20 })),
        ...signed(1, transfer("alice", BOB, { to: ALICE })),
      };
      await expectChanges(swapped, [NONCES], both);
    });
    it("no account of another token, of which the nonce alone says so: or two worthless balances become money", async () => {
      // Opened as one of the batch's token, an account of the next one has a nonce that is 2^-16 too high.
      const [high, low] = [500, 500 + 2 ** 16] as const;
      const mallory = { pubKeyY: keyOf("mallory").publicKey.y, l1Address: 0x666n, balance: 10n ** 30n };
      const rich = state.fork();
      rich.update(high, { ...mallory, token: 6, nonce: 20 });
      rich.update(low, { ...mallory, token: 4, nonce: 31 });
      const money = [
        { index: high, after: { token: 5, nonce: 31 } },
        { index: low, after: { token: 5, nonce: 20 } },
      ];
      const input = changed(withSlots(rich, SIZE, none, [withdrawn, paid, ...money]), {
        "slotNonce[2][0]": Fr.add(20n, Fr.inv(2n ** 16n)),
        "slotNonce[3][0]": Fr.sub(31n, Fr.inv(2n ** 16n)),
      });
      await expectForgery(circuit, input, [NONCES]);
      const patched = await loadTemplate({ ...CIRCUIT, patches: nonceBesideIndex("2 ** 32") });
      expect(patched.violated(await patched.witness(input))).to.be.empty;
    });
    it("no account at another index, in a tree that somebody made up: or one batch leads to two roots", async () => {
      const [one, two] = [500, 501] as const;
      const mallory = { pubKeyY: keyOf("mallory").publicKey.y, l1Address: 0x666n, balance: 0n, token: 0, nonce: 5 };
      const accounts = new Map<number, Account>([one, two].map((index) => [index, mallory]));
      const tree = new StateTree();
      tree.setLeaf(one, leafOf(two, mallory));
      tree.setLeaf(two, leafOf(one, mallory));
      const madeUp = new RollupState({
        node: (level, position) => tree.node(level, position),
        account: (index) => accounts.get(index),
        accounts: () => accounts,
      });
      const idle = batchOn(madeUp, SIZE, idleRequest).input;
      const exchanged = changed(withSlots(madeUp, SIZE, idleRequest, [{ index: one }, { index: two }], 0), {
        "slotNonce[0][0]": Fr.add(5n, Fr.inv(2n ** 48n)),
        "slotNonce[1][0]": Fr.sub(5n, Fr.inv(2n ** 48n)),
      });
      expect(circuit.violated(await circuit.witness(idle))).to.be.empty;
      await expectForgery(circuit, exchanged, [NONCES]);
      const patched = await loadTemplate({ ...CIRCUIT, patches: nonceBesideIndex("2 ** 48") });
      for (const input of [idle, exchanged]) expect(patched.violated(await patched.witness(input))).to.be.empty;
      // All that is published is the same but for the new root.
      const [first, second] = await Promise.all([idle, exchanged].map((input) => patched.witness(input)));
      const differ = patched.wiresOf("words").filter((wire) => first![wire] !== second![wire]);
      expect(differ).to.deep.equal([]);
      expect(exchanged["newRoot"]).not.to.equal(idle["newRoot"]);
    });
    it("no withdrawal twice, none ahead of its time, and none signed by somebody else", async () => {
      for (const [name, nonce] of [
        ["carol", 1],
        ["carol", 3],
        ["mallory", 2],
      ] as const) {
        const { publicKey, signature } = withdrawal(name, { nonce });
        const row = {
          ...{ "withdrawalNonce[0]": BigInt(nonce), "withdrawalS[0]": signature.s },
          ...{ "withdrawalAx[0]": publicKey.x, "withdrawalAy[0]": publicKey.y },
          ...{ "withdrawalR8x[0]": signature.r8.x, "withdrawalR8y[0]": signature.r8.y },
        };
        await expectChanges(row, [NONCES]);
      }
    });
    it("no sender without a slot", async () => {
      const input = withSlots(
        state,
        SIZE,
        request,
        honestSlots.filter(({ index }) => index !== ALICE),
      );
      await expectForgery(circuit, input, [BALANCES, NONCES]);
    });
  });
});

/** A bus on which the nonce has no coordinate of its own, but stands above the index. */
const nonceBesideIndex = (factor: string): Patch[] => [
  { file: "bus.circom", from: "step <== gamma", to: `step <== ${factor}` },
  { file: "bus.circom", from: "step - gamma", to: `step - ${factor}` },
  { file: "slot.circom", from: "gamma * nonce[0]", to: `${factor} * nonce[0]` },
  { file: "slot.circom", from: "gamma * nonce[1]", to: `${factor} * nonce[1]` },
];
