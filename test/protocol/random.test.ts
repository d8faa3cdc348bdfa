import { expect } from "chai";
import fc from "fast-check";
import { leafOf } from "../../protocol/account.ts";
import { buildBatch } from "../../protocol/batch.ts";
import { challengeOf, digestOf, evaluateWords } from "../../protocol/challenge.ts";
import { BATCH_SIZES, type BatchSize } from "../../protocol/constants.ts";
import type { ErrorCode } from "../../protocol/errors.ts";
import { replayBatch } from "../../protocol/replay.ts";
import type { BatchRequest } from "../../protocol/request.ts";
import { RollupState } from "../../protocol/state.ts";
import { readWords, type PublishedBatch } from "../../protocol/words.ts";
import { expectCode } from "../support/errors.ts";
import { defects } from "../support/protocol/defects.ts";
import { naiveRoot } from "../support/protocol/naive-tree.ts";
import { batchPlans, FUNDED, Scenario } from "../support/protocol/random-batches.ts";
import { LONG } from "../support/random.ts";

const SIZES: readonly BatchSize[] = [
  { name: "narrow", transfers: 2, accounts: 3, l1Operations: 1, withdrawals: 1, segments: 4, nodes: 22 },
  BATCH_SIZES[0]!,
  { name: "wide", transfers: 8, accounts: 7, l1Operations: 3, withdrawals: 2, segments: 10, nodes: 30 },
];
const [RUNS, AT_LEAST] = LONG ? [200, 300] : [30, 40];

const steps = fc.array(
  fc.record({
    size: fc.constantFrom(...SIZES),
    plan: batchPlans,
    defect: fc.option(fc.constantFrom(...defects), { freq: 5 }),
  }),
  { minLength: 1, maxLength: 4, size: "max" },
);

describe("protocol: random batches", () => {
  const node = new RollupState();
  before(() => {
    replayBatch(node, FUNDED.size, FUNDED.words);
  });

  it(`agree with the plainest rules, and with a node that reads the words alone (${RUNS} rollups)`, async () => {
    const count = { accepted: 0, rejected: 0 };
    const property = fc.asyncProperty(steps, async (batches) => {
      const scenario = new Scenario();
      const reader = node.fork();
      for (const { size, plan, defect } of batches) {
        const request = scenario.request(size, plan);
        const damaged = defect?.damage(request, scenario.ledger, size);
        if (damaged !== undefined) {
          await expectUntouched(scenario, defect!.code, size, damaged);
          count.rejected++;
        }
        expectAccepted(scenario, reader, size, request);
        count.accepted++;
      }
      const leaves = [...scenario.state.accounts()].map(([index, account]) => [index, leafOf(index, account)] as const);
      expect(scenario.state.root).to.equal(naiveRoot(new Map(leaves)));
    });
    await fc.assert(property, { numRuns: RUNS });
    expect(count.accepted, "accepted batches").to.be.at.least(AT_LEAST);
    expect(count.rejected, "rejected batches").to.be.at.least(AT_LEAST / 20);
  });
});

/** Builds the batch and compares everything that it says and does with the ledger; then lets the node read it. */
function expectAccepted(scenario: Scenario, reader: RollupState, size: BatchSize, request: BatchRequest): void {
  const { state, ledger } = scenario;
  const before = totals(state);
  const { words, publicSignals, published, accountsTouched } = buildBatch(state, size, request);
  scenario.accepted(request);
  expect([...state.accounts()]).to.deep.equal(ledger.sorted());

  // Nothing is made or lost but what L1 sees, in any token.
  const after = totals(state);
  const flows = inflows(published);
  for (const token of after.keys()) {
    const [had, has, came] = [before, after, flows].map((sums) => sums.get(token) ?? 0n) as [bigint, bigint, bigint];
    expect(has - had, `change of token ${token}`).to.equal(came);
    expect(has, `sum of token ${token}`).to.equal(ledger.inflow.get(token) ?? 0n);
  }
  const withdrawing = request.withdrawals.map(({ from }) => from);
  const others = request.transfers.flatMap(({ from, to, amount }) => (amount > 0n ? [from, to] : [from]));
  if (published.feeAccount !== 0) others.push(published.feeAccount);
  expect(accountsTouched).to.equal(
    withdrawing.length + new Set(others.filter((index) => !withdrawing.includes(index))).size,
  );

  expect(replayBatch(reader, size, words)).to.deep.equal(published);
  expect(reader.root).to.equal(state.root);
  expect([...reader.accounts()]).to.deep.equal(ledger.sorted());

  const { c, y, alpha } = publicSignals;
  expect(alpha).to.equal(challengeOf(digestOf(c, request.beneficiary, words)));
  expect(y).to.equal(evaluateWords(readWords(size, words), alpha));
}

async function expectUntouched(
  { state, ledger }: Scenario,
  code: ErrorCode,
  size: BatchSize,
  request: BatchRequest,
): Promise<void> {
  const root = state.root;
  await expectCode(code, () => buildBatch(state, size, request));
  expect(state.root).to.equal(root);
  expect([...state.accounts()]).to.deep.equal(ledger.sorted());
}

/** Sums by token. */
class Sums extends Map<number, bigint> {
  add(token: number, amount: bigint): void {
    this.set(token, (this.get(token) ?? 0n) + amount);
  }
}

/** The sum of all balances. */
function totals(state: RollupState): Sums {
  const sums = new Sums();
  for (const { token, balance } of state.accounts().values()) sums.add(token, balance);
  return sums;
}

/** What a batch brought in from L1 less what it sent there, by what it published. */
function inflows({ token, l1Operations, withdrawals }: PublishedBatch): Sums {
  const sums = new Sums();
  for (const operation of l1Operations) {
    if (operation.kind === "deposit") sums.add(operation.token, operation.amount);
    if (operation.kind === "forcedWithdrawal") sums.add(operation.token, -operation.amount);
  }
  for (const { amount } of withdrawals) sums.add(token, -amount);
  return sums;
}
