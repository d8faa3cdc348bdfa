import fc from "fast-check";
import { buildBatch } from "../../../protocol/batch.ts";
import { domainOf } from "../../../protocol/challenge.ts";
import type { BatchSize } from "../../../protocol/constants.ts";
import { amountFloat } from "../../../protocol/float.ts";
import {
  signTransfer,
  signWithdrawal,
  type L1Operation,
  type Transfer,
  type Withdrawal,
} from "../../../protocol/operations.ts";
import type { BatchRequest } from "../../../protocol/request.ts";
import type { PrivateKey } from "../../../protocol/signature.ts";
import { RollupState } from "../../../protocol/state.ts";
import { Ledger } from "./ledger.ts";
import { keyOf } from "./world.ts";
import { BENEFICIARY } from "./world.ts";

/**
 * A batch as small numbers that shrink: what it becomes depends on the accounts that a `Scenario` has by then. Every
 * plan becomes a batch that is valid.
 */
export interface BatchPlan {
  readonly token: number;
  readonly feeAccount: number;
  readonly l1Operations: readonly L1Plan[];
  readonly withdrawals: readonly SpendPlan[];
  readonly transfers: readonly (SpendPlan & { readonly to: number })[];
  /** Transfers backwards: accounts spend before they receive. */
  readonly backwards: boolean;
}

interface L1Plan {
  readonly action: (typeof L1_ACTIONS)[number];
  readonly account: number;
  readonly owner: number;
  readonly token: number;
  readonly amount: bigint;
}

interface SpendPlan {
  readonly from: number;
  /** Of the balance that is left. */
  readonly percent: number;
  readonly fee: number;
  /** Seconds until it expires, or since which it is good. */
  readonly patience: number;
  readonly isLate: boolean;
}

const L1_ACTIONS = [
  "deposit",
  "openingDeposit",
  "creation",
  "exit",
  "strangersExit",
  "otherTokensExit",
  "nobodysExit",
] as const;
const TOKENS = [0, 7] as const;
const FEES = [0n, 1n, 2047n, 20_470n, 1_230_000n] as const;
/** First and last places of nodes at many levels, in five segments with 22 nodes above them: the smallest size has room. */
const INDEXES = [1, 2, 9, 64, 4095, 511, 2 ** 31 + 3, 2 ** 32 - 1, 3, 10, 65, 512] as const;
const OWNERS = ["Alice", "Bob", "Carol", "Dave"].map((name, i) => ({
  key: keyOf(`random batches: ${name}`),
  l1Address: 0xa11ce00000000000000000000000000000000000n + BigInt(i),
}));
/** Where a plan's fees are put aside while it becomes a batch. */
const FEES_ASIDE = -1;
export const RANDOM_DOMAIN = domainOf(31337n, 0x5fbdb2315678afecb367f032d93f642f64180aa3n);

const choice = fc.nat(11);
const spend = { from: choice, percent: fc.nat(100), fee: choice, patience: fc.nat(3), isLate: fc.boolean() };

/** Plans of batches. Rows beyond what a size has room for are left out when a plan becomes a batch. */
export const batchPlans: fc.Arbitrary<BatchPlan> = fc.record({
  token: choice,
  feeAccount: choice,
  l1Operations: fc.array(
    fc.record({
      action: fc.constantFrom(...L1_ACTIONS),
      account: choice,
      owner: choice,
      token: choice,
      amount: fc.oneof(fc.bigInt(0n, 10n ** 6n), fc.bigInt(0n, 2n ** 120n)),
    }),
    { maxLength: 3, size: "max" },
  ),
  withdrawals: fc.array(fc.record(spend), { maxLength: 2, size: "max" }),
  transfers: fc.array(fc.record({ ...spend, to: choice }), { maxLength: 8, size: "max" }),
  backwards: fc.boolean(),
});

/** A rollup with a few funded accounts in two tokens, on which plans become batches one after the other. */
export class Scenario {
  readonly state: RollupState;
  readonly ledger: Ledger;
  #batchNumber = 1;

  constructor() {
    this.state = FUNDED.state.fork();
    this.ledger = new Ledger(FUNDED.ledger);
  }

  /** Tells the scenario that a request of it was accepted. */
  accepted(request: BatchRequest): void {
    this.ledger.apply(request);
    this.#batchNumber = request.batchNumber;
  }

  /** The batch that a plan means now: valid, and signed. It changes nothing yet. */
  request(size: BatchSize, plan: BatchPlan): BatchRequest {
    const ahead = new Ledger(this.ledger);
    const timestamp = 1_700_000_000 + 12 * this.#batchNumber;
    const token = pick(TOKENS, plan.token);
    const l1Operations = plan.l1Operations.slice(0, size.l1Operations).map((operation) => {
      const planned = l1Operation(ahead, operation);
      ahead.applyL1(planned);
      return planned;
    });

    // Only now, for an account that was created in this batch can be used in it.
    const holders = ahead.holders(token);
    const feeAccount = pick(holders, plan.feeAccount);
    // Fees are credited last: nothing in this batch can be paid with them.
    ahead.accounts.set(FEES_ASIDE, { pubKeyY: 0n, l1Address: 0n, token, balance: 0n, nonce: 0 });
    const plain = (from: number, { fee: wanted, percent, patience, isLate }: SpendPlan): Withdrawal => {
      const { balance, nonce } = ahead.accounts.get(from)!;
      const fee = pick(FEES, wanted) > balance ? 0n : pick(FEES, wanted);
      const amount = ((balance - fee) * BigInt(percent)) / 100n;
      const term = isLate ? { validFrom: timestamp - patience } : { validUntil: timestamp + patience };
      return { from, token, amount, fee, nonce, ...term };
    };
    const withdrawals = plan.withdrawals.slice(0, size.withdrawals).map((spend) => {
      const withdrawal = plain(pick(holders, spend.from), spend);
      ahead.apply({ token, feeAccount: FEES_ASIDE, withdrawals: [withdrawal] });
      return signWithdrawal(keyIn(ahead, withdrawal.from), RANDOM_DOMAIN, withdrawal);
    });

    const nonces = new Map([...ahead.accounts].map(([index, { nonce }]) => [index, nonce]));
    // A withdrawal has a slot of its own, even if another one has its account; and the fees may need one.
    const touched = new Set([...withdrawals.map(({ from }) => from), feeAccount]);
    const slots = size.accounts - withdrawals.length + new Set(withdrawals.map(({ from }) => from)).size;
    const unordered = plan.transfers.slice(0, size.transfers).map((spend): Transfer => {
      const wanted = pick(holders, spend.from);
      const room = slots - touched.size;
      const from = touched.has(wanted) || room > 0 ? wanted : pick([...touched], spend.from);
      touched.add(from);
      const exact = plain(from, spend);
      const amount = amountFloat.neighbours(exact.amount)[0].value;
      // An amount of 0 may go to any index, account or not.
      const receiver = pick(amount === 0n ? INDEXES : holders, spend.to);
      const to = amount === 0n || touched.has(receiver) || touched.size < slots ? receiver : from;
      if (amount > 0n) touched.add(to);
      const transfer = { ...exact, amount, to };
      ahead.apply({ token, feeAccount: FEES_ASIDE, transfers: [transfer] });
      return transfer;
    });
    const transfers = (plan.backwards ? unordered.reverse() : unordered).map((transfer) => {
      const nonce = nonces.get(transfer.from)!;
      nonces.set(transfer.from, nonce + 1);
      return signTransfer(keyIn(ahead, transfer.from), RANDOM_DOMAIN, { ...transfer, nonce });
    });

    const header = { domain: RANDOM_DOMAIN, batchNumber: this.#batchNumber + 1, timestamp, beneficiary: BENEFICIARY };
    return { ...header, token, feeAccount, l1Operations, withdrawals, transfers };
  }
}

/** The key of an account's owner. */
export function keyIn(ledger: Ledger, index: number): PrivateKey {
  const { pubKeyY } = ledger.accounts.get(index)!;
  return OWNERS.find(({ key }) => key.publicKey.y === pubKeyY)!.key;
}

function l1Operation(ledger: Ledger, plan: L1Plan): L1Operation {
  const index = pick([...ledger.accounts.keys()], plan.account);
  const { pubKeyY, l1Address, token } = ledger.accounts.get(index)!;
  const vacant = INDEXES.filter((other) => !ledger.accounts.has(other));
  const newcomer = { index: pick(vacant, plan.account), ...ownerFields(plan.owner), token: pick(TOKENS, plan.token) };
  const action =
    vacant.length === 0 && (plan.action === "openingDeposit" || plan.action === "creation") ? "deposit" : plan.action;
  switch (action) {
    case "deposit":
      return { kind: "deposit", index, pubKeyY, l1Address, token, amount: plan.amount };
    case "openingDeposit":
      return { kind: "deposit", ...newcomer, amount: plan.amount };
    case "creation":
      return { kind: "creation", ...newcomer };
    case "exit":
      return { kind: "forcedWithdrawal", index, l1Address, token };
    case "strangersExit":
      return { kind: "forcedWithdrawal", index, l1Address: l1Address + 1n, token };
    case "otherTokensExit":
      return { kind: "forcedWithdrawal", index, l1Address, token: token + 1 };
    case "nobodysExit":
      return { kind: "forcedWithdrawal", index: pick([0, ...vacant], plan.account), l1Address, token };
  }
}

function ownerFields(owner: number): { pubKeyY: bigint; l1Address: bigint } {
  const { key, l1Address } = pick(OWNERS, owner);
  return { pubKeyY: key.publicKey.y, l1Address };
}

function pick<T>(list: readonly T[], number: number): T {
  return list[number % list.length]!;
}

/** The first batch of every scenario: what is deposited to begin with. */
export const FUNDED = funded();

function funded(): { state: RollupState; ledger: Ledger; size: BatchSize; words: Uint8Array } {
  const size = { name: "funding", transfers: 2, accounts: 1, l1Operations: 8, withdrawals: 1, segments: 9, nodes: 30 };
  const state = new RollupState();
  const ledger = new Ledger();
  const balances = [10n ** 18n, 5n, 77_000_000_000n, 2n ** 126n, 3n * 10n ** 20n, 0n];
  const request: BatchRequest = {
    domain: RANDOM_DOMAIN,
    batchNumber: 1,
    timestamp: 1_700_000_000,
    beneficiary: BENEFICIARY,
    token: 0,
    feeAccount: 0,
    l1Operations: balances.map((amount, i): L1Operation => {
      const account = { index: INDEXES[i]!, ...ownerFields(i), token: pick(TOKENS, i) };
      return amount === 0n ? { kind: "creation", ...account } : { kind: "deposit", ...account, amount };
    }),
    withdrawals: [],
    transfers: [],
  };
  const { words } = buildBatch(state, size, request);
  ledger.apply(request);
  return { state, ledger, size, words };
}
