import fc from "fast-check";
import type { Account } from "../../protocol/account.ts";
import { domainOf } from "../../protocol/challenge.ts";
import { BATCH_SIZES, FIELD_ORDER } from "../../protocol/constants.ts";
import { signTransfer, signWithdrawal, type Transfer, type Withdrawal } from "../../protocol/operations.ts";
import type { BatchRequest } from "../../protocol/request.ts";
import { RollupState } from "../../protocol/state.ts";
import { BatchCircuit } from "../support/circuits/batch-circuit.ts";
import { stateOf } from "../support/circuits/forged-batch.ts";
import { amended } from "../support/protocol/amended.ts";
import { batchPlans, Scenario } from "../support/protocol/random-batches.ts";
import { keyOf } from "../support/protocol/world.ts";
import { LONG } from "../support/random.ts";

/** The smallest size; with `SHEAF_LONG=1` the next one too. */
const SIZES = LONG ? BATCH_SIZES.slice(0, 2) : BATCH_SIZES.slice(0, 1);
const DOMAIN = domainOf(31_337n, 0x5ea_fn);
const TIME = 1_700_000_000;
const MAX_BALANCE = 2n ** 128n - 1n;
/** The largest amount float that a balance can hold. */
const MAX_FLOAT = 340_282_366_920n * 10n ** 27n;
const LAST_INDEX = 2 ** 32 - 1;
const [ALICE, BOB, CAROL, DAVE, EVE] = [1, 3_001, 4_000_000_007, LAST_INDEX, 8] as const;
const [FAR, FARTHER] = [2 ** 30, 2 ** 31 + 7] as const;
const NAMES: Readonly<Record<number, string>> = {
  [ALICE]: "a",
  [BOB]: "b",
  [CAROL]: "c",
  [DAVE]: "d",
  [EVE]: "a",
  [FAR]: "g",
  [FARTHER]: "h",
};

const account = (index: number, balance: bigint, changes: Partial<Account> = {}): Account => ({
  ...{
    pubKeyY: keyOf(NAMES[index]!).publicKey.y,
    l1Address: 0xadd4e55_0000n + BigInt(index),
    token: 5,
    balance,
    nonce: 0,
  },
  ...changes,
});
const accounts = (balances: Readonly<Record<number, bigint>>, changes: Partial<Account> = {}): RollupState =>
  stateOf(
    Object.fromEntries(Object.entries(balances).map(([i, balance]) => [i, account(Number(i), balance, changes)])),
  );
const batchOf = (parts: Partial<BatchRequest>): BatchRequest => ({
  ...{ domain: DOMAIN, batchNumber: 3, timestamp: TIME, beneficiary: 0n, token: 5, feeAccount: 0 },
  ...{ l1Operations: [], withdrawals: [], transfers: [], ...parts },
});
const base = (from: number, amount: bigint, changes: Partial<Withdrawal>): Withdrawal =>
  amended<Withdrawal>({ from, token: 5, amount, fee: 0n, nonce: 0, validUntil: TIME + 100 }, changes);
const send = (from: number, to: number, amount: bigint, changes: Partial<Transfer> = {}) =>
  signTransfer(keyOf(NAMES[from]!), DOMAIN, { ...base(from, amount, changes), to });
const withdraw = (from: number, amount: bigint, changes: Partial<Withdrawal> = {}) =>
  signWithdrawal(keyOf(NAMES[from]!), DOMAIN, base(from, amount, changes));
/** Without the balance, as an L1 operation names an account. */
const named = (index: number, changes: Partial<Account> = {}) => {
  const { pubKeyY, l1Address, token } = account(index, 0n, changes);
  return { index, pubKeyY, l1Address, token };
};
const forced = (index: number, changes: { l1Address?: bigint; token?: number } = {}) => {
  const { l1Address, token } = account(index, 0n);
  return { kind: "forcedWithdrawal" as const, index, l1Address, token, ...changes };
};

const cases: Readonly<Record<string, () => [RollupState, BatchRequest]>> = {
  "nothing at all, on the genesis state": () => [new RollupState(), batchOf({})],
  "the first use of the first and the last index, within one batch": () => [
    new RollupState(),
    batchOf({
      l1Operations: [
        { kind: "deposit", ...named(ALICE), amount: 1000n },
        { kind: "creation", ...named(DAVE) },
      ],
      transfers: [send(ALICE, DAVE, 700n), send(DAVE, ALICE, 1n)],
    }),
  ],
  "a full batch": () => [
    accounts({ [ALICE]: 9000n, [BOB]: 8000n, [CAROL]: 7000n, [DAVE]: 6000n, [EVE]: 0n }),
    batchOf({
      feeAccount: EVE,
      l1Operations: [{ kind: "deposit", ...named(BOB), amount: 333n }, forced(CAROL)],
      withdrawals: [withdraw(DAVE, 99n, { fee: 5n })],
      transfers: [
        ...[send(ALICE, EVE, 11n, { fee: 1n }), send(BOB, EVE, 22n, { fee: 2n })],
        ...[send(DAVE, EVE, 33n, { fee: 3n, nonce: 1 }), send(CAROL, BOB, 0n)],
      ],
    }),
  ],
  "operations that are good from a second on, the first one and long after": () => [
    accounts({ [ALICE]: 100n, [BOB]: 200n, [CAROL]: 0n }),
    batchOf({
      withdrawals: [withdraw(BOB, 9n, { validFrom: TIME })],
      transfers: [
        ...[send(ALICE, CAROL, 7n, { validFrom: TIME }), send(ALICE, BOB, 8n, { nonce: 1 })],
        send(BOB, CAROL, 6n, { nonce: 1, validFrom: 0 }),
      ],
    }),
  ],
  "all to one": () => [
    accounts({ [ALICE]: 10n, [BOB]: 20n, [CAROL]: 30n, [DAVE]: 40n, [EVE]: 0n }),
    batchOf({
      transfers: [send(ALICE, EVE, 10n), send(BOB, EVE, 20n), send(CAROL, EVE, 30n), send(DAVE, EVE, 40n)],
    }),
  ],
  "one to all": () => [
    accounts({ [ALICE]: 100n, [BOB]: 0n, [CAROL]: 0n, [DAVE]: 0n, [EVE]: 0n }),
    batchOf({
      transfers: [BOB, CAROL, DAVE, EVE].map((to, nonce) => send(ALICE, to, 25n, { nonce })),
    }),
  ],
  "a cycle without prior funds, of the largest amounts": () => {
    const most = (2n ** 39n - 1n) * 10n ** 31n;
    return [
      accounts({ [ALICE]: 0n, [BOB]: 0n, [CAROL]: 0n }),
      batchOf({ transfers: [send(ALICE, BOB, most), send(BOB, CAROL, most), send(CAROL, ALICE, most)] }),
    ];
  },
  "transfers to oneself, with fees to oneself": () => [
    accounts({ [ALICE]: 50n }),
    batchOf({
      feeAccount: ALICE,
      transfers: [send(ALICE, ALICE, 70n, { fee: 7n }), send(ALICE, ALICE, 0n, { fee: 9n, nonce: 1 })],
    }),
  ],
  "spending what arrives in the same batch, in any order": () => [
    accounts({ [ALICE]: 60n, [BOB]: 0n, [CAROL]: 1n }),
    batchOf({ feeAccount: CAROL, transfers: [send(BOB, CAROL, 55n, { fee: 5n }), send(ALICE, BOB, 60n)] }),
  ],
  "the largest balance, whole": () => [
    accounts({ [ALICE]: MAX_BALANCE, [BOB]: 0n }),
    batchOf({
      withdrawals: [withdraw(ALICE, MAX_BALANCE - MAX_FLOAT)],
      transfers: [send(ALICE, BOB, MAX_FLOAT, { nonce: 1 })],
    }),
  ],
  "the largest deposit and the largest withdrawal": () => [
    new RollupState(),
    batchOf({
      l1Operations: [{ kind: "deposit", ...named(ALICE), amount: MAX_BALANCE }],
      withdrawals: [withdraw(ALICE, MAX_BALANCE)],
    }),
  ],
  "the largest fees": () => {
    const fee = 2047n * 10n ** 31n;
    return [
      accounts({ [ALICE]: MAX_BALANCE, [BOB]: 0n }),
      batchOf({
        feeAccount: BOB,
        withdrawals: [withdraw(ALICE, 0n, { fee })],
        transfers: [send(ALICE, BOB, 0n, { fee, nonce: 1 }), send(BOB, BOB, 0n, { fee: 0n })],
      }),
    ];
  },
  "the last usable nonces": () => [
    accounts({ [ALICE]: 100n, [BOB]: 100n }, { nonce: 2 ** 32 - 2 }),
    batchOf({
      withdrawals: [withdraw(BOB, 7n, { nonce: 2 ** 32 - 2 })],
      transfers: [send(ALICE, BOB, 1n, { nonce: 2 ** 32 - 2 })],
    }),
  ],
  "amounts of zero, to an account, to none and from an account without funds": () => [
    accounts({ [ALICE]: 0n, [BOB]: 5n }),
    batchOf({
      transfers: [send(ALICE, BOB, 0n), send(ALICE, CAROL, 0n, { nonce: 1 }), send(ALICE, DAVE, 0n, { nonce: 2 })],
    }),
  ],
  "forced withdrawals that match, one after the other": () => [
    accounts({ [BOB]: 123n, [DAVE]: MAX_BALANCE }),
    batchOf({ l1Operations: [forced(DAVE), forced(DAVE)] }),
  ],
  "forced withdrawals of another token and by another address": () => [
    accounts({ [BOB]: 123n }),
    batchOf({ l1Operations: [forced(BOB, { token: 6 }), forced(BOB, { l1Address: 0xbadn })] }),
  ],
  "forced withdrawals as far apart as can be, and from unused rows": () => [
    accounts({ [FAR]: 123n, [FARTHER]: 456n }),
    batchOf({ l1Operations: [forced(FAR), forced(FARTHER)] }),
  ],
  "forced withdrawals from an empty leaf and from index 0": () => [
    accounts({ [BOB]: 123n }),
    batchOf({ l1Operations: [forced(CAROL), { ...forced(BOB), index: 0 }] }),
  ],
  "two deposits to one account that the first one creates": () => [
    accounts({ [BOB]: 123n }),
    batchOf({ l1Operations: [1n, 2n].map((amount) => ({ kind: "deposit", ...named(CAROL), amount })) }),
  ],
  "a deposit and its forced withdrawal; a key that is none": () => [
    new RollupState(),
    batchOf({
      l1Operations: [{ kind: "deposit", ...named(CAROL), pubKeyY: FIELD_ORDER - 1n, amount: 44n }, forced(CAROL)],
    }),
  ],
  "withdrawal and transfers of one account, which is also paid the fees": () => [
    accounts({ [ALICE]: 1000n, [BOB]: 0n }, { nonce: 41 }),
    batchOf({
      feeAccount: ALICE,
      withdrawals: [withdraw(ALICE, 300n, { nonce: 41, fee: 10n })],
      transfers: [send(ALICE, BOB, 600n, { nonce: 42, fee: 20n }), send(ALICE, ALICE, 5n, { nonce: 43, fee: 70n })],
    }),
  ],
  "a withdrawal of what the same batch brings, and fees that pay for their account's transfer": () => [
    accounts({ [ALICE]: 5n, [BOB]: 400n, [DAVE]: 0n }),
    batchOf({
      feeAccount: DAVE,
      withdrawals: [withdraw(ALICE, 300n, { fee: 10n })],
      transfers: [send(BOB, ALICE, 305n, { fee: 20n }), send(DAVE, BOB, 29n)],
    }),
  ],
  "unused rows beside a withdrawal in the last segment": () => [
    accounts({ [DAVE]: 40n }),
    batchOf({ withdrawals: [withdraw(DAVE, 40n)] }),
  ],
  "two accounts of one key, with one nonce": () => [
    accounts({ [ALICE]: 10n, [EVE]: 10n }, { nonce: 6 }),
    batchOf({ transfers: [send(ALICE, EVE, 4n, { nonce: 6 }), send(EVE, ALICE, 9n, { nonce: 6 })] }),
  ],
  "the largest header, and operations in their last second": () => [
    accounts({ [ALICE]: 10n, [DAVE]: 0n }, { token: 65_535 }),
    batchOf({
      ...{
        domain: 2n ** 232n - 2n,
        batchNumber: 2 ** 32 - 1,
        timestamp: 2 ** 40 - 1,
        token: 65_535,
        feeAccount: DAVE,
      },
      transfers: [
        signTransfer(keyOf(NAMES[ALICE]!), 2n ** 232n - 2n, {
          ...{ ...base(ALICE, 4n, { fee: 2n, token: 65_535, validUntil: 2 ** 40 - 1 }), to: DAVE },
        }),
      ],
    }),
  ],
  "the smallest header, with operations that never expire": () => [
    accounts({ [ALICE]: 10n, [BOB]: 0n }, { token: 0 }),
    batchOf({
      ...{ domain: 0n, batchNumber: 0, timestamp: 0, token: 0 },
      transfers: [
        signTransfer(keyOf(NAMES[ALICE]!), 0n, {
          ...base(ALICE, 4n, { token: 0, validUntil: 2 ** 40 - 1 }),
          to: BOB,
        }),
      ],
    }),
  ],
};

for (const size of SIZES) {
  describe(`circuits: ${size.name}`, function () {
    if (LONG) this.timeout("60m");
    const circuit = new BatchCircuit(size);

    for (const [name, prepare] of Object.entries(cases)) {
      it(`proves ${name}`, () => circuit.expectProven(...prepare()));
    }

    it("proves nothing that is not good yet", async () => {
      const [state, request] = [accounts({ [ALICE]: 100n, [BOB]: 0n }), { withdrawals: [], transfers: [] }];
      const due = { validFrom: TIME };
      const range = (row: string): string => `${row}.signed.RangeCheck.bit[*], ${row}.signed.RangeCheck.in`;
      await circuit.expectUntimely(state, batchOf({ ...request, transfers: [send(ALICE, BOB, 7n, due)] }), TIME - 1, [
        range("transfer[0]"),
      ]);
      await circuit.expectUntimely(state, batchOf({ ...request, withdrawals: [withdraw(ALICE, 7n, due)] }), TIME - 1, [
        range("withdrawal[0]"),
      ]);
    });

    const RUNS = LONG ? 100 : 5;
    it(`proves random batches (${RUNS})`, async function () {
      this.timeout(0);
      const scenario = new Scenario();
      const isIdle = ({ l1Operations, withdrawals, transfers }: BatchRequest): boolean =>
        l1Operations.length + withdrawals.length + transfers.length === 0;
      for (const plan of fc.sample(batchPlans, RUNS)) {
        const request = scenario.request(size, plan);
        if (isIdle(request)) continue;
        await circuit.expectProven(scenario.state, request);
        scenario.accepted(request);
      }
    });
  });
}
