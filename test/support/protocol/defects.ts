import { domainOf } from "../../../protocol/challenge.ts";
import { FIELD_ORDER, type BatchSize } from "../../../protocol/constants.ts";
import type { ErrorCode } from "../../../protocol/errors.ts";
import { Fr } from "../../../protocol/field.ts";
import {
  signTransfer,
  signWithdrawal,
  termOf,
  type L1Operation,
  type Signed,
  type Term,
  type Transfer,
  type Withdrawal,
} from "../../../protocol/operations.ts";
import type { BatchRequest } from "../../../protocol/request.ts";
import type { AffinePoint, PrivateKey } from "../../../protocol/signature.ts";
import { amended } from "./amended.ts";
import { Ledger } from "./ledger.ts";
import { keyIn, RANDOM_DOMAIN } from "./random-batches.ts";
import { keyOf } from "./world.ts";

/** One thing that is wrong with a batch that is valid otherwise, and the code that it is rejected with. */
export interface Defect {
  readonly name: string;
  readonly code: ErrorCode;
  readonly damage: Damage;
}

/** The batch with a defect; undefined where it cannot have it. `ledger` is as before the batch. */
type Damage = (request: BatchRequest, ledger: Ledger, size: BatchSize) => BatchRequest | undefined;

/** How a signed operation is changed, before it is signed and after, and by whom and for what it is signed. */
interface Change {
  readonly before?: (operation: Withdrawal, request: BatchRequest) => Partial<Transfer>;
  readonly after?: (operation: Signed<Withdrawal>, request: BatchRequest) => Partial<Signed<Transfer>>;
  readonly key?: PrivateKey;
  readonly domain?: bigint;
}

/** An index that no scenario uses. */
const VACANT = 123_456_789;
const STRANGER = keyOf("defects: stranger");
const LOW_ORDER: AffinePoint = { x: 0n, y: FIELD_ORDER - 1n };
const OTHER_CHAIN = domainOf(31338n, 0x5fbdb2315678afecb367f032d93f642f64180aa3n);
const OTHER_ROLLUP = domainOf(31337n, 0x5fbdb2315678afecb367f032d93f642f64180aa4n);
/** More than anybody has in a scenario; with what others have it stays below 2^128. */
const FORTUNE = 2n * 10n ** 38n;

const defect = (code: ErrorCode, name: string, damage: Damage): Defect => ({ name: `${code}: ${name}`, code, damage });

const whole =
  (change: (request: BatchRequest, ledger: Ledger) => Partial<BatchRequest> | undefined): Damage =>
  (request, ledger) => {
    const changes = change(request, ledger);
    return changes && { ...request, ...changes };
  };

const lastTransfer =
  (change: Change): Damage =>
  (request, ledger) => {
    const last = request.transfers.at(-1);
    if (last === undefined) return undefined;
    return { ...request, transfers: request.transfers.with(-1, redone(last, change, request, ledger, signTransfer)) };
  };

const lastWithdrawal =
  (change: Change): Damage =>
  (request, ledger) => {
    const last = request.withdrawals.at(-1);
    if (last === undefined) return undefined;
    return {
      ...request,
      withdrawals: request.withdrawals.with(-1, redone(last, change, request, ledger, signWithdrawal)),
    };
  };

function redone<Operation extends Withdrawal>(
  operation: Signed<Operation>,
  { before, after, key, domain = RANDOM_DOMAIN }: Change,
  request: BatchRequest,
  ledger: Ledger,
  sign: (key: PrivateKey, domain: bigint, operation: Operation) => Signed<Operation>,
): Signed<Operation> {
  const owner = key ?? keyIn(afterL1(request, ledger), operation.from);
  const signed = sign(owner, domain, amended(operation, { ...before?.(operation, request) }));
  return amended(signed, { ...after?.(signed, request) });
}

/** One more L1 operation, that depends on an account which is there by then. */
const moreL1 =
  (
    make: (index: number, account: Omit<Extract<L1Operation, { kind: "creation" }>, "kind" | "index">) => L1Operation,
  ): Damage =>
  (request, ledger, size) => {
    if (request.l1Operations.length === size.l1Operations) return undefined;
    const rich = [...afterL1(request, ledger).accounts].find(([, { balance }]) => balance > 0n);
    if (rich === undefined) return undefined;
    const [index, { pubKeyY, l1Address, token }] = rich;
    return { ...request, l1Operations: [...request.l1Operations, make(index, { pubKeyY, l1Address, token })] };
  };

const feeAccount = (choose: (request: BatchRequest, ledger: Ledger) => number): Damage =>
  whole((request, ledger) => {
    const fees = [...request.withdrawals, ...request.transfers].some(({ fee }) => fee > 0n);
    return fees ? { feeAccount: choose(request, ledger) } : undefined;
  });

/** More rows than there is room for, all valid but for that. */
const crowd = (kind: "l1Operations" | "withdrawals" | "transfers"): Damage => {
  return (request, _, size) => {
    const row = request[kind].at(-1);
    return row && { ...request, [kind]: Array.from({ length: size[kind] + 1 }, () => row) };
  };
};

function afterL1({ l1Operations }: BatchRequest, ledger: Ledger): Ledger {
  const later = new Ledger(ledger);
  for (const operation of l1Operations) later.applyL1(operation);
  return later;
}

/** The first second at which one of the operations has expired. */
function latest(operations: readonly Withdrawal[], timestamp: number): { timestamp: number } | undefined {
  const ends = operations.flatMap(({ validUntil }) => (validUntil === undefined ? [] : [validUntil]));
  return ends.length === 0 ? undefined : { timestamp: Math.max(timestamp, Math.min(...ends)) + 1 };
}

/** A term of the same kind, a second later. */
function later(operation: Withdrawal): Term {
  const { late, second } = termOf(operation);
  return late === 1 ? { validFrom: second + 1 } : { validUntil: second + 1 };
}

export const defects: readonly Defect[] = [
  defect("NONCE_WRONG", "a transfer skips a nonce", lastTransfer({ before: ({ nonce }) => ({ nonce: nonce + 1 }) })),
  defect(
    "NONCE_WRONG",
    "a withdrawal skips a nonce",
    lastWithdrawal({ before: ({ nonce }) => ({ nonce: nonce + 1 }) }),
  ),

  defect(
    "TOKEN_WRONG",
    "a transfer signed for another token",
    lastTransfer({ before: ({ token }) => ({ token: token + 1 }) }),
  ),
  defect(
    "TOKEN_WRONG",
    "a withdrawal signed for another token",
    lastWithdrawal({ before: ({ token }) => ({ token: token + 1 }) }),
  ),
  defect(
    "TOKEN_WRONG",
    "the batch has another token than its accounts",
    whole(({ token, withdrawals, transfers }) =>
      withdrawals.length + transfers.length > 0 ? { token: token + 1 } : undefined,
    ),
  ),

  defect(
    "OPERATION_EXPIRED",
    "a transfer a second too late",
    whole(({ timestamp, transfers }) => latest(transfers, timestamp)),
  ),
  defect(
    "OPERATION_EXPIRED",
    "a withdrawal a second too late",
    whole(({ timestamp, withdrawals }) => latest(withdrawals, timestamp)),
  ),

  defect(
    "OPERATION_EARLY",
    "a transfer a second too early",
    lastTransfer({ before: (_, { timestamp }) => ({ validFrom: timestamp + 1 }) }),
  ),
  defect(
    "OPERATION_EARLY",
    "a withdrawal a second too early",
    lastWithdrawal({ before: (_, { timestamp }) => ({ validFrom: timestamp + 1 }) }),
  ),

  defect(
    "SIGNATURE_INVALID",
    "a transfer from a second on, shown as one until then",
    lastTransfer({
      before: (_, { timestamp }) => ({ validFrom: timestamp }),
      after: (_, { timestamp }) => ({ validUntil: timestamp }),
    }),
  ),
  defect(
    "SIGNATURE_INVALID",
    "a withdrawal until a second, shown as one from then on",
    lastWithdrawal({
      before: (_, { timestamp }) => ({ validUntil: timestamp }),
      after: (_, { timestamp }) => ({ validFrom: timestamp }),
    }),
  ),
  defect("SIGNATURE_INVALID", "a transfer changed after signing", lastTransfer({ after: later })),
  defect("SIGNATURE_INVALID", "a withdrawal changed after signing", lastWithdrawal({ after: later })),
  defect("SIGNATURE_INVALID", "a transfer signed by a stranger", lastTransfer({ key: STRANGER })),
  defect("SIGNATURE_INVALID", "a withdrawal signed by a stranger", lastWithdrawal({ key: STRANGER })),
  defect(
    "SIGNATURE_INVALID",
    "a transfer with one bit of its signature changed",
    lastTransfer({ after: ({ signature }) => ({ signature: { ...signature, s: signature.s ^ 1n } }) }),
  ),
  defect(
    "SIGNATURE_INVALID",
    "a transfer under the negative of the owner's key, which has the same y",
    lastTransfer({ after: ({ publicKey: { x, y } }) => ({ publicKey: { x: Fr.neg(x), y } }) }),
  ),
  defect("SIGNATURE_INVALID", "a transfer under the owner's key, signed by a stranger", (request, ledger, size) => {
    const { publicKey } = request.transfers.at(-1) ?? {};
    return publicKey && lastTransfer({ key: STRANGER, after: () => ({ publicKey }) })(request, ledger, size);
  }),
  defect("SIGNATURE_INVALID", "a transfer signed for another chain", lastTransfer({ domain: OTHER_CHAIN })),
  defect("SIGNATURE_INVALID", "a withdrawal signed for another chain", lastWithdrawal({ domain: OTHER_CHAIN })),
  defect("SIGNATURE_INVALID", "a transfer signed for another rollup", lastTransfer({ domain: OTHER_ROLLUP })),
  defect(
    "SIGNATURE_INVALID",
    "a transfer signed in the domain of withdrawals",
    lastTransfer({ domain: RANDOM_DOMAIN + 1n }),
  ),
  defect(
    "SIGNATURE_INVALID",
    "a withdrawal signed in the domain of transfers",
    lastWithdrawal({ domain: RANDOM_DOMAIN - 1n }),
  ),

  defect(
    "KEY_INVALID",
    "a transfer under a key of low order",
    lastTransfer({ after: () => ({ publicKey: LOW_ORDER }) }),
  ),
  defect(
    "KEY_INVALID",
    "a withdrawal under a key of low order",
    lastWithdrawal({ after: () => ({ publicKey: LOW_ORDER }) }),
  ),
  defect(
    "KEY_INVALID",
    "a transfer under a key off the curve",
    lastTransfer({ after: ({ publicKey: { x, y } }) => ({ publicKey: { x: Fr.add(x, 1n), y } }) }),
  ),

  defect(
    "BALANCE_INSUFFICIENT",
    "a withdrawal of more than there is",
    lastWithdrawal({ before: () => ({ amount: FORTUNE }) }),
  ),
  defect("BALANCE_INSUFFICIENT", "a transfer of more than there is", (request, ledger, size) => {
    const last = request.transfers.at(-1);
    if (last === undefined || last.to === last.from || !ledger.holders(request.token).includes(last.to))
      return undefined;
    return lastTransfer({ before: () => ({ amount: FORTUNE }) })(request, ledger, size);
  }),
  defect(
    "BALANCE_OVERFLOW",
    "a deposit that passes 2^128",
    moreL1((index, owner) => ({ kind: "deposit", index, ...owner, amount: 2n ** 128n - 1n })),
  ),

  defect(
    "ACCOUNT_EXISTS",
    "an account created twice",
    moreL1((index, owner) => ({ kind: "creation", index, ...owner })),
  ),
  defect(
    "ACCOUNT_MISMATCH",
    "a deposit on an index of another key",
    moreL1((index, owner) => ({ kind: "deposit", index, ...owner, pubKeyY: Fr.add(owner.pubKeyY, 1n), amount: 9n })),
  ),
  defect(
    "ACCOUNT_MISMATCH",
    "a deposit on an index of another L1 address",
    moreL1((index, owner) => ({ kind: "deposit", index, ...owner, l1Address: owner.l1Address + 1n, amount: 9n })),
  ),
  defect(
    "ACCOUNT_MISMATCH",
    "a deposit on an index of another token",
    moreL1((index, owner) => ({ kind: "deposit", index, ...owner, token: owner.token + 1, amount: 9n })),
  ),
  defect("ACCOUNT_NOT_FOUND", "a transfer from an empty index", lastTransfer({ after: () => ({ from: VACANT }) })),
  defect("ACCOUNT_NOT_FOUND", "a withdrawal from an empty index", lastWithdrawal({ after: () => ({ from: VACANT }) })),

  defect(
    "INDEX_RESERVED",
    "a deposit on index 0",
    moreL1((_, owner) => ({ kind: "deposit", index: 0, ...owner, amount: 9n })),
  ),
  defect(
    "INDEX_RESERVED",
    "a creation on index 0",
    moreL1((_, owner) => ({ kind: "creation", index: 0, ...owner })),
  ),
  defect("INDEX_RESERVED", "a transfer from index 0", lastTransfer({ after: () => ({ from: 0 }) })),
  defect("INDEX_RESERVED", "a transfer to index 0", lastTransfer({ before: () => ({ to: 0 }) })),
  defect("INDEX_RESERVED", "a transfer of nothing to index 0", lastTransfer({ before: () => ({ to: 0, amount: 0n }) })),
  defect("INDEX_RESERVED", "a withdrawal from index 0", lastWithdrawal({ after: () => ({ from: 0 }) })),

  defect(
    "FEE_ACCOUNT_INVALID",
    "fees for an empty index",
    feeAccount(() => VACANT),
  ),
  defect(
    "FEE_ACCOUNT_INVALID",
    "fees for index 0",
    feeAccount(() => 0),
  ),
  defect(
    "FEE_ACCOUNT_INVALID",
    "fees for an account of another token",
    feeAccount(({ token }, ledger) => [...ledger.accounts].find(([, account]) => account.token !== token)![0]),
  ),

  defect("BATCH_FULL", "one transfer too many", crowd("transfers")),
  defect("BATCH_FULL", "one withdrawal too many", crowd("withdrawals")),
  defect("BATCH_FULL", "one L1 operation too many", crowd("l1Operations")),

  defect(
    "AMOUNT_NOT_REPRESENTABLE",
    "an amount of too many digits",
    lastTransfer({ after: () => ({ amount: 2n ** 39n + 1n }) }),
  ),
  defect("AMOUNT_NOT_REPRESENTABLE", "a fee of too many digits", lastTransfer({ after: () => ({ fee: 20_471n }) })),
  defect(
    "AMOUNT_NOT_REPRESENTABLE",
    "a withdrawal's fee of too many digits",
    lastWithdrawal({ after: () => ({ fee: 20_471n }) }),
  ),

  defect("FIELD_OUT_OF_RANGE", "a negative transfer", lastTransfer({ after: () => ({ amount: -1n }) })),
  defect("FIELD_OUT_OF_RANGE", "a negative fee", lastTransfer({ after: () => ({ fee: -1n }) })),
  defect("FIELD_OUT_OF_RANGE", "a receiver of 33 bits", lastTransfer({ after: () => ({ to: 2 ** 32 }) })),
  defect("FIELD_OUT_OF_RANGE", "a fractional receiver", lastTransfer({ after: () => ({ to: 1.5 }) })),
  defect("FIELD_OUT_OF_RANGE", "an expiry of 41 bits", lastTransfer({ after: () => ({ validUntil: 2 ** 40 }) })),
  defect("FIELD_OUT_OF_RANGE", "a beginning of 41 bits", lastTransfer({ after: () => ({ validFrom: 2 ** 40 }) })),
  defect("FIELD_OUT_OF_RANGE", "an expiry that is not a number", lastTransfer({ after: () => ({ validUntil: NaN }) })),
  defect("FIELD_OUT_OF_RANGE", "a token of 17 bits", lastTransfer({ after: () => ({ token: 2 ** 16 }) })),
  defect("FIELD_OUT_OF_RANGE", "a negative withdrawal", lastWithdrawal({ after: () => ({ amount: -1n }) })),
  defect("FIELD_OUT_OF_RANGE", "a withdrawal of 129 bits", lastWithdrawal({ after: () => ({ amount: 2n ** 128n }) })),
  defect("FIELD_OUT_OF_RANGE", "a nonce of 33 bits", lastWithdrawal({ after: () => ({ nonce: 2 ** 32 }) })),
  defect(
    "FIELD_OUT_OF_RANGE",
    "a negative deposit",
    moreL1((index, owner) => ({ kind: "deposit", index, ...owner, amount: -1n })),
  ),
  defect(
    "FIELD_OUT_OF_RANGE",
    "a deposit of 129 bits on an empty index",
    moreL1((_, owner) => ({ kind: "deposit", index: VACANT, ...owner, amount: 2n ** 128n })),
  ),
  defect(
    "FIELD_OUT_OF_RANGE",
    "an account whose key is r",
    moreL1((_, owner) => ({ kind: "creation", index: VACANT, ...owner, pubKeyY: FIELD_ORDER })),
  ),
  defect(
    "FIELD_OUT_OF_RANGE",
    "an L1 address of 161 bits",
    moreL1((index, { token }) => ({ kind: "forcedWithdrawal", index, token, l1Address: 2n ** 160n })),
  ),
  defect(
    "FIELD_OUT_OF_RANGE",
    "a batch number of 33 bits",
    whole(() => ({ batchNumber: 2 ** 32 })),
  ),
  defect(
    "FIELD_OUT_OF_RANGE",
    "a timestamp of 41 bits",
    whole(() => ({ timestamp: 2 ** 40 })),
  ),
  defect(
    "FIELD_OUT_OF_RANGE",
    "a domain that reaches into the token",
    whole(() => ({ domain: 2n ** 232n - 1n })),
  ),
  defect(
    "FIELD_OUT_OF_RANGE",
    "a negative domain",
    whole(() => ({ domain: -1n })),
  ),
];
