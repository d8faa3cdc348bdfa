import { expect } from "chai";
import fc from "fast-check";
import { byKind, selectOperations } from "../../../node/sequencer/selection.ts";
import type { Account } from "../../../protocol/account.ts";
import { BATCH_SIZES, type BatchSize } from "../../../protocol/constants.ts";
import { demandOf, fits } from "../../../protocol/demand.ts";
import type { L1Operation, SignedOperation } from "../../../protocol/operations.ts";
import { LONG } from "../../support/random.ts";

/** Far enough apart that each has a segment and nodes of its own. */
const SEGMENT = 2 ** 18;
const FEE_ACCOUNT = 3 * SEGMENT;
const UNSIGNED = { token: 0, validUntil: 0, nonce: 0 } as SignedOperation["operation"];
const SMALL: BatchSize = {
  name: "small",
  transfers: 4,
  accounts: 5,
  l1Operations: 2,
  withdrawals: 2,
  segments: 3,
  nodes: 14,
};

const stateOf = (balances: ReadonlyMap<number, bigint>) => ({
  account: (index: number): Account | undefined => {
    const balance = balances.get(index);
    return balance === undefined ? undefined : { pubKeyY: 1n, l1Address: 2n, token: 0, balance, nonce: 0 };
  },
});

const operationOf = (from: number, to: number | undefined, amount: bigint, fee: bigint): SignedOperation =>
  to === undefined
    ? { kind: "withdrawal", operation: { ...UNSIGNED, from, amount, fee } }
    : ({ kind: "transfer", operation: { ...UNSIGNED, from, to, amount, fee } } as SignedOperation);

/** The same said at length: each operation is tried with all that were taken, from the beginning. */
function selectedAtLength(
  state: ReturnType<typeof stateOf>,
  size: BatchSize,
  waiting: readonly SignedOperation[],
  feeAccount: number | undefined,
  l1Operations: readonly L1Operation[],
): readonly SignedOperation[] {
  let taken: SignedOperation[] = [];
  const left = new Set<number>();
  for (const next of waiting) {
    const { from, fee } = next.operation;
    const all = [...taken, next];
    const isPossible =
      !left.has(from) &&
      state.account(from) !== undefined &&
      (fee === 0n || feeAccount !== undefined) &&
      (next.kind === "transfer"
        ? state.account(next.operation.to) !== undefined
        : !taken.some(({ kind, operation }) => kind === "transfer" && operation.from === from)) &&
      fits(size, demandOf({ token: 0, feeAccount: feeAccount ?? 0, l1Operations, ...byKind(all) }));
    if (isPossible) taken = all;
    else left.add(from);
  }
  const balanceOf = (index: number): bigint =>
    taken.reduce((sum, { kind, operation }) => {
      const spent = operation.from === index ? operation.amount + operation.fee : 0n;
      const received = kind === "transfer" && operation.to === index ? operation.amount : 0n;
      return sum - spent + received;
    }, state.account(index)!.balance);
  for (;;) {
    const last = taken.findLastIndex(({ operation }) => balanceOf(operation.from) < 0n);
    if (last < 0) return taken;
    taken = taken.toSpliced(last, 1);
  }
}

const places = fc.constantFrom(1, 2, 3, SEGMENT, SEGMENT + 1, 2 * SEGMENT, FEE_ACCOUNT, 9);

describe("node: the choice of what comes into a batch", () => {
  it("is what trying each operation with all that were taken chooses", () => {
    const operations = fc
      .tuple(places, fc.option(places, { nil: undefined, freq: 4 }), fc.bigInt(0n, 5n), fc.bigInt(0n, 2n))
      .map((parts) => operationOf(...parts));
    const rows = fc.array(
      fc.tuple(places, fc.constantFrom(5n)).map(([index, l1Address]): L1Operation => {
        return { kind: "forcedWithdrawal", index, l1Address, token: 0 };
      }),
      { maxLength: 2 },
    );
    const balances = fc.array(fc.tuple(places, fc.bigInt(0n, 9n)), { maxLength: 9 }).map((all) => new Map(all));
    const sizes = fc.constantFrom(SMALL, { ...SMALL, accounts: 9 }, ...BATCH_SIZES.slice(0, 3));
    const inputs = fc.tuple(balances, sizes, fc.array(operations, { maxLength: 30 }), fc.boolean(), rows);
    fc.assert(
      fc.property(inputs, ([funds, size, waiting, hasFeeAccount, l1Operations]) => {
        const given = [stateOf(funds), size, waiting, hasFeeAccount ? FEE_ACCOUNT : undefined, l1Operations] as const;
        expect(selectOperations(...given)).to.deep.equal(selectedAtLength(...given));
      }),
      { numRuns: LONG ? 20_000 : 1_000 },
    );
  });

  it("costs the same for each operation, however many were taken before it", () => {
    let reads = 0;
    const count = 2_000;
    const balances = new Map(Array.from({ length: count }, (_, i) => [i + 1, 10n]));
    const waiting = Array.from({ length: count }, (_, i) => {
      const { kind, operation } = operationOf(i + 1, ((i + 1) % count) + 1, 1n, 0n);
      const from = operation.from;
      return { kind, operation: Object.defineProperty({ ...operation }, "from", { get: () => (reads++, from) }) };
    });
    const size = BATCH_SIZES.at(-1)!;
    const selected = selectOperations(stateOf(balances), size, waiting as SignedOperation[], undefined, []);
    expect(selected).to.have.length(size.accounts - 1);
    expect(reads).to.be.below(4 * count);
  });
});
