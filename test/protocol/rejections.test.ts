import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect } from "chai";
import { buildBatch } from "../../protocol/batch.ts";
import type { BatchSize } from "../../protocol/constants.ts";
import type { ErrorCode } from "../../protocol/errors.ts";
import { expectCode } from "../support/errors.ts";
import { defects } from "../support/protocol/defects.ts";
import { Scenario, type BatchPlan } from "../support/protocol/random-batches.ts";
import { ownerOf, ROOMY, SmallRollup, TOKEN, type Wish } from "../support/protocol/small-rollup.ts";

/** A batch with something of every kind, so that it can have every defect. */
const PLAN: BatchPlan = {
  token: 0,
  feeAccount: 1,
  l1Operations: [{ action: "deposit", account: 2, owner: 0, token: 0, amount: 12_345n }],
  withdrawals: [{ from: 0, percent: 10, fee: 3, patience: 2, isLate: false }],
  transfers: [
    { from: 0, to: 1, percent: 20, fee: 1, patience: 2, isLate: false },
    { from: 2, to: 0, percent: 30, fee: 2, patience: 3, isLate: false },
    { from: 0, to: 2, percent: 40, fee: 4, patience: 2, isLate: false },
  ],
  backwards: false,
};

interface Rejection {
  readonly name: string;
  readonly code: ErrorCode;

  readonly wish: Wish;
  readonly size?: BatchSize;
}

const LAST_NONCE = 2 ** 32 - 1;
const LARGEST = 2n ** 128n - 1n;
const people = () =>
  new SmallRollup({
    alice: { index: 1, balance: 1000n },
    bob: { index: 2, balance: LARGEST - 5n },
    carol: { index: 3, balance: 10n, nonce: LAST_NONCE },
    dave: { index: 4, balance: 20n, nonce: LAST_NONCE - 1 },
    erin: { index: 5, balance: 30n, token: TOKEN + 1 },
  });

/** What depends on a special state, or on the whole batch. */
const rejections: readonly Rejection[] = [
  {
    code: "ACCOUNT_NOT_FOUND",
    name: "a transfer to an empty index",
    wish: { transfers: [{ from: "alice", to: 9, amount: 1n }] },
  },
  {
    code: "TOKEN_WRONG",
    name: "a transfer to an account of another token",
    wish: { transfers: [{ from: "alice", to: "erin", amount: 1n }] },
  },
  {
    code: "TOKEN_WRONG",
    name: "a transfer from an account of another token",
    wish: { transfers: [{ from: "erin", to: "alice", amount: 1n }] },
  },
  {
    code: "BALANCE_INSUFFICIENT",
    name: "a transfer that its fee makes too large",
    wish: { feeAccount: "dave", transfers: [{ from: "alice", to: "dave", amount: 1000n, fee: 1n }] },
  },
  {
    code: "BALANCE_INSUFFICIENT",
    name: "two transfers that are too large together",
    wish: {
      transfers: [
        { from: "alice", to: "dave", amount: 600n },
        { from: "alice", to: "dave", amount: 600n },
      ],
    },
  },
  {
    code: "BALANCE_INSUFFICIENT",
    name: "a withdrawal of more than the same batch brings",
    wish: { withdrawals: [{ from: "alice", amount: 1006n }], transfers: [{ from: "bob", to: "alice", amount: 5n }] },
  },
  {
    code: "BALANCE_INSUFFICIENT",
    name: "a transfer of what was forced out in the same batch",
    wish: {
      l1Operations: [{ kind: "forcedWithdrawal", index: 1, token: TOKEN, l1Address: ownerOf("alice", 1).l1Address }],
      transfers: [{ from: "alice", to: "dave", amount: 1n }],
    },
  },
  {
    code: "BALANCE_INSUFFICIENT",
    name: "more than the fees earned in the same batch",
    wish: {
      feeAccount: "dave",
      transfers: [
        { from: "alice", to: "bob", fee: 5n },
        { from: "dave", to: "alice", amount: 26n },
      ],
    },
  },
  {
    code: "BALANCE_OVERFLOW",
    name: "a transfer that passes 2^128",
    wish: { transfers: [{ from: "alice", to: "bob", amount: 6n }] },
  },
  {
    code: "FEE_ACCOUNT_INVALID",
    name: "fees that pass 2^128",
    wish: { feeAccount: "bob", transfers: [{ from: "alice", to: "dave", fee: 6n }] },
  },
  {
    code: "NONCE_EXHAUSTED",
    name: "a transfer after the last nonce",
    wish: { transfers: [{ from: "carol", to: "alice", amount: 1n }] },
  },
  {
    code: "NONCE_EXHAUSTED",
    name: "a withdrawal after the last nonce",
    wish: { withdrawals: [{ from: "carol", amount: 1n }] },
  },
  {
    code: "NONCE_EXHAUSTED",
    name: "two transfers with one nonce left",
    wish: {
      transfers: [
        { from: "dave", to: "alice", amount: 1n },
        { from: "dave", to: "alice", amount: 2n },
      ],
    },
  },
  {
    code: "NONCE_WRONG",
    name: "the same transfer twice",
    wish: {
      transfers: [
        { from: "alice", to: "dave", amount: 1n, nonce: 0 },
        { from: "alice", to: "dave", amount: 1n, nonce: 0 },
      ],
    },
  },
  {
    code: "NONCE_WRONG",
    name: "a transfer with the nonce of a withdrawal in the same batch",
    wish: {
      withdrawals: [{ from: "alice", amount: 1n }],
      transfers: [{ from: "alice", to: "dave", amount: 1n, nonce: 0 }],
    },
  },
  {
    code: "BATCH_SCATTERED",
    name: "one segment too many",
    size: { ...ROOMY, segments: 2 },
    wish: {
      l1Operations: [2 ** 18, 2 ** 19].map((index) => ({
        ...{ kind: "creation", index, ...ownerOf("alice", 1), token: TOKEN },
      })),
    },
  },
  {
    code: "BATCH_SCATTERED",
    name: "one node too many",
    // Two nodes of its own for each segment, and six for all of them.
    size: { ...ROOMY, nodes: 11 },
    wish: {
      l1Operations: [2 ** 18, 2 ** 19].map((index) => ({
        ...{ kind: "creation", index, ...ownerOf("alice", 1), token: TOKEN },
      })),
    },
  },
  {
    code: "BATCH_FULL",
    name: "one account too many for two withdrawals of one account, each of which has a slot",
    size: { ...ROOMY, accounts: 3 },
    wish: {
      withdrawals: [
        { from: "alice", amount: 1n },
        { from: "alice", amount: 2n },
      ],
      transfers: [{ from: "bob", to: "dave", amount: 1n }],
    },
  },
  {
    code: "BATCH_FULL",
    name: "no slot for the fees",
    size: { ...ROOMY, accounts: 2 },
    wish: { feeAccount: "carol", transfers: [{ from: "alice", to: "dave", amount: 1n, fee: 1n }] },
  },
  {
    code: "BATCH_FULL",
    name: "one account too many",
    size: { ...ROOMY, accounts: 2 },
    wish: {
      transfers: [
        { from: "alice", to: "dave", amount: 1n },
        { from: "bob", to: "dave", amount: 1n },
      ],
    },
  },
];

/** Codes whose messages begin with the operation's place in the request. */
const NAMING: readonly ErrorCode[] = [
  "FIELD_OUT_OF_RANGE",
  "AMOUNT_NOT_REPRESENTABLE",
  "INDEX_RESERVED",
  "NONCE_WRONG",
  "OPERATION_EXPIRED",
  "OPERATION_EARLY",
  "KEY_INVALID",
  "SIGNATURE_INVALID",
];

const OF_THE_BATCH = /: (a batch number|a timestamp|a domain|a negative domain)/;
const PLACE = /^(transfers|withdrawals|l1Operations)\[\d\]: /;

describe("protocol: rejections", () => {
  for (const { name, code, damage } of defects) {
    it(name, async () => {
      const scenario = new Scenario();
      const request = scenario.request(ROOMY, PLAN);
      const damaged = damage(request, scenario.ledger, ROOMY)!;
      const root = scenario.state.root;
      const { message } = await expectCode(code, () => buildBatch(scenario.state, ROOMY, damaged));
      if (NAMING.includes(code) && !OF_THE_BATCH.test(name)) expect(message).to.match(PLACE);
      expect(scenario.state.root).to.equal(root);
      expect([...scenario.state.accounts()]).to.deep.equal(scenario.ledger.sorted());
      // Nothing but the defect was wrong.
      buildBatch(scenario.state, ROOMY, request);
    });
  }

  for (const { name, code, wish, size } of rejections) {
    it(`${code}: ${name}`, async () => {
      const rollup = people();
      const before = [...rollup.state.accounts()];
      const root = rollup.state.root;
      await expectCode(code, () => rollup.build(wish, size));
      expect([...rollup.state.accounts()]).to.deep.equal(before);
      expect(rollup.state.root).to.equal(root);
    });
  }

  it("have a test for each code of the state machine", () => {
    const source = readFileSync(resolve(import.meta.dirname, "../../protocol/errors.ts"), "utf8");
    const section = /\/\/ State machine\n(.*?)\n\n/s.exec(source)![1]!;
    const codes = [...section.matchAll(/^ {2}([A-Z_]+):/gm)].map(([, code]) => code);
    // Not of building a batch: see the tests of state, words and replay.
    const elsewhere = ["STATE_CHANGED", "WORDS_MALFORMED", "ROOT_MISMATCH"];
    const reached = new Set([...defects, ...rejections].map(({ code }) => code));
    expect([...reached, ...elsewhere]).to.include.members(codes);
  });
});
