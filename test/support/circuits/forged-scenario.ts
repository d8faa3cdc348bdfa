import type { Account } from "../../../protocol/account.ts";
import { domainOf } from "../../../protocol/challenge.ts";
import type { BatchSize } from "../../../protocol/constants.ts";
import type { MerklePath } from "../../../protocol/merkle-path.ts";
import {
  signTransfer,
  signWithdrawal,
  type Signed,
  type Transfer,
  type Withdrawal,
} from "../../../protocol/operations.ts";
import type { BatchRequest } from "../../../protocol/request.ts";
import type { RollupState } from "../../../protocol/state.ts";
import { EMPTY_NODES } from "../../../protocol/tree.ts";
import type { CircuitInput, SignalValue } from "../../../protocol/witness.ts";
import { amended } from "../protocol/amended.ts";
import { keyOf } from "../protocol/world.ts";
import { changed, stateOf, type ForgedSlot } from "./forged-batch.ts";

// A batch with at least two rows of every kind, for forgeries that start from it.

export const SIZE: BatchSize = {
  ...{ name: "forged", transfers: 4, accounts: 6, l1Operations: 3, withdrawals: 2, segments: 4, nodes: 24 },
};
export const CIRCUIT = { include: "batch.circom", template: "Batch(4, 6, 3, 2, 4, 24)", public: ["alpha", "z"] };
export const DOMAIN = domainOf(31_337n, 0x5ea_fn);
export const TIME = 1_700_000_000;
const TOKEN = 5;
// All but Bob are in segment 0.
export const [ALICE, BOB, CAROL, GRACE, OPERATOR] = [301, 4_000_000_007, 12, 205, 90] as const;
/** Of other tokens; and an index at which there is nobody. */
export const [DAVE, FRANK, ZOE, NOBODY] = [333, 150, 77, 400] as const;

const owner = (name: string, l1Address: bigint, balance: bigint, nonce: number, token = TOKEN): Account => ({
  ...{ pubKeyY: keyOf(name).publicKey.y, l1Address, token, balance, nonce },
});
export const state: RollupState = stateOf({
  [ALICE]: owner("alice", 0xa11cen, 10n ** 18n, 7),
  [BOB]: owner("bob", 0xb0bn, 5_000_000n, 31),
  [CAROL]: owner("carol", 0xca401n, 900_000n, 2),
  [GRACE]: owner("grace", 0x96acen, 70_000n, 4),
  [OPERATOR]: owner("operator", 0x09e4a704n, 44n, 12),
  [DAVE]: owner("dave", 0xdaeen, 10n ** 24n, 3, 6),
  [FRANK]: owner("frank", 0xf4a4cn, 31_000n, 0, 7),
  [ZOE]: owner("zoe", 0x20en, 88n, 1, 0),
});

/** A transfer of Alice's to Bob, but for the changes, signed by somebody. */
export const transfer = (name: string, from: number, changes: Partial<Transfer>): Signed<Transfer> =>
  signTransfer(
    keyOf(name),
    DOMAIN,
    amended<Transfer>(
      { from, to: BOB, token: TOKEN, amount: 1200n, fee: 30n, nonce: 7, validUntil: TIME + 60 },
      changes,
    ),
  );
/** A withdrawal of Carol's, but for the changes, signed by somebody. */
export const withdrawal = (name: string, changes: Partial<Withdrawal>): Signed<Withdrawal> =>
  signWithdrawal(
    keyOf(name),
    DOMAIN,
    amended<Withdrawal>(
      { from: CAROL, token: TOKEN, amount: 4000n, fee: 11n, nonce: 2, validUntil: TIME + 9 },
      changes,
    ),
  );
const header = {
  domain: DOMAIN,
  batchNumber: 17,
  timestamp: TIME,
  beneficiary: 0n,
  token: TOKEN,
  feeAccount: OPERATOR,
};
/**
 * A creation, Frank's request to leave, one for Alice that is not hers and takes nothing; two withdrawals; transfers of
 * three accounts, of which two pay twice.
 */
export const request: BatchRequest = {
  ...header,
  l1Operations: [
    { kind: "creation", index: 455, pubKeyY: 77n, l1Address: 0xeeen, token: 9 },
    { kind: "forcedWithdrawal", index: FRANK, l1Address: 0xf4a4cn, token: 7 },
    { kind: "forcedWithdrawal", index: ALICE, l1Address: 0xf4a4cn, token: TOKEN },
  ],
  withdrawals: [withdrawal("carol", {}), withdrawal("grace", { from: GRACE, amount: 900n, fee: 5n, nonce: 4 })],
  transfers: [
    transfer("alice", ALICE, {}),
    transfer("bob", BOB, { to: CAROL, amount: 500n, fee: 7n, nonce: 31 }),
    transfer("alice", ALICE, { to: GRACE, amount: 250n, fee: 3n, nonce: 8 }),
    transfer("carol", CAROL, { to: ALICE, amount: 60n, fee: 2n, nonce: 3 }),
  ],
};
/** Its fees. */
export const FEES = 58n;
export const idleRequest: BatchRequest = { ...request, withdrawals: [], transfers: [] };

/** The same without what came from L1. */
export const unforced: BatchRequest = { ...request, l1Operations: [] };

/** The sums that a batch compares with 0, as `brokenGuards` names them. */
const sum = (...terms: readonly string[]): string => terms.toSorted().join(", ");
const rows = (kind: string, count: number, term: string): string[] =>
  Array.from({ length: count }, (_, row) => `${kind}[${row}].${term}`);
const signedRows = (term: string): string[] => [
  ...rows("transfer", SIZE.transfers, term),
  ...rows("withdrawal", SIZE.withdrawals, term),
  ...rows("slot", SIZE.accounts, term),
];
export const BALANCES = sum("feeChange", ...signedRows("change"));
export const NONCES = sum(...signedRows("nonces"));
export const MEMORY = sum(
  ...rows("l1", SIZE.l1Operations, "memory"),
  ...rows("slot", SIZE.accounts, "memory"),
  ...rows("segment", SIZE.segments, "memory"),
);
export const TREE = sum(...rows("segment", SIZE.segments, "tree"), ...rows("node", SIZE.nodes, "tree"), "rootTaken");

/**
 * The input with a request of Alice's to leave in an unused L1 row, which finds nobody: on a path that is not her segment's.
 */
export function denied(
  input: CircuitInput,
  children: MerklePath = EMPTY_NODES.slice(0, 3).map((node) => new Array<bigint>(8).fill(node)),
  row = 0,
): CircuitInput {
  const values = { l1Kind: 3n, l1Index: BigInt(ALICE), l1Token: 5n, l1Address: 0xa11cen };
  const changes = Object.fromEntries(Object.entries(values).map(([name, value]) => [`${name}[${row}]`, value]));
  const paths = (input["l1Children"] as readonly SignalValue[]).with(row, children);
  return { ...changed(input, changes), l1Children: paths };
}

export const EMPTY_SLOTS = Array.from({ length: SIZE.accounts }, (_, i) => ({ index: NOBODY + i }));

export const balanceOf = (index: number): bigint => state.account(index)!.balance;
/** What the batch makes of the accounts that it touches; the withdrawals' are first. */
export const honestSlots: readonly Required<ForgedSlot>[] = [
  { index: CAROL, after: { balance: balanceOf(CAROL) - 4011n + 500n - 62n, nonce: 4 } },
  { index: GRACE, after: { balance: balanceOf(GRACE) - 905n + 250n, nonce: 5 } },
  { index: ALICE, after: { balance: balanceOf(ALICE) - 1230n - 253n + 60n, nonce: 9 } },
  { index: BOB, after: { balance: balanceOf(BOB) + 1200n - 507n, nonce: 32 } },
  { index: OPERATOR, after: { balance: balanceOf(OPERATOR) + FEES } },
];
/** What Carol's withdrawal alone makes of her account, and of the fee account. */
export const withdrawn = { index: CAROL, after: { balance: balanceOf(CAROL) - 4011n, nonce: 3 } };
export const paid = { index: OPERATOR, after: { balance: balanceOf(OPERATOR) + 11n } };
/** Carol's withdrawal, and no transfer or Alice's first. */
export const none: BatchRequest = { ...request, withdrawals: request.withdrawals.slice(0, 1), transfers: [] };
export const single: BatchRequest = { ...none, transfers: request.transfers.slice(0, 1) };
