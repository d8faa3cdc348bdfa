import { expect } from "chai";
import fc from "fast-check";
import { SYSTEM_CLOCK } from "../../../node/clock.ts";
import { Directory } from "../../../node/pool/directory.ts";
import type { Accepted, PooledOperation, PooledSigned } from "../../../node/pool/operation.ts";
import { assemblySteps } from "../../../node/sequencer/assembly.ts";
import { draftBatch, type Draft, type Ingredients } from "../../../node/sequencer/draft.ts";
import { LayeredState, type Changes } from "../../../node/sequencer/layered-state.ts";
import { Timing } from "../../../node/sequencer/policy.ts";
import { byUrgency } from "../../../node/sequencer/urgency.ts";
import { STORE_FILE } from "../../../node/store/schema.ts";
import { SealedDatabase } from "../../../node/store/sealed-database.ts";
import type { QueuedOperation } from "../../../node/store/store.ts";
import { StoredState } from "../../../node/store/stored-state.ts";
import { BATCH_SIZES } from "../../../protocol/constants.ts";
import { signTransfer, signWithdrawal } from "../../../protocol/operations.ts";
import { RollupState } from "../../../protocol/state.ts";
import { finish } from "../../../protocol/steps.ts";
import { keyOf } from "../../support/protocol/world.ts";
import { LONG } from "../../support/random.ts";

const DOMAIN = 0xd0d0n;
const TIME = 1_700_000_000;
const PEOPLE = 6;
const FUNDS = 1000n;
const TOKENS = [0, 3] as const;
const FEE_OWNER = { pubKeyY: keyOf("fees").publicKey.y, l1Address: 0xfeen };
const EMPTY = new StoredState(new SealedDatabase(":memory:", STORE_FILE), 0);

const owner = (person: number) => ({
  pubKeyY: keyOf(`person ${person}`).publicKey.y,
  l1Address: BigInt(1000 + person),
});
/** Everybody has an account in each token: the first ones in one segment of the tree, the others far away. */
const place = (person: number, token: number): number =>
  (person < 3 ? 10 : 2 ** 18 * (100 + person)) + person + (token === 0 ? 0 : 50);
const feePlace = (token: number): number => 5 + token;

/** A state in which everybody has the same. */
const FUNDED = ((): Changes => {
  const state = new RollupState(EMPTY);
  for (const token of TOKENS) {
    for (let person = 0; person < PEOPLE; person++) {
      state.update(place(person, token), { ...owner(person), token, balance: FUNDS, nonce: 0 });
    }
    state.update(feePlace(token), { ...FEE_OWNER, token, balance: 0n, nonce: 0 });
  }
  return state.changes;
})();

interface Spend {
  readonly from: number;
  /** Nothing for a withdrawal. */
  readonly to?: number | undefined;
  readonly token?: number;
  readonly amount?: bigint;
  readonly fee?: bigint;
  readonly validUntil?: number;
  readonly submittedAt?: number;
}

interface Leaving {
  readonly queueSince?: number;
  readonly pays?: boolean;
}

/** What waits, in this order, each person's with the next nonces. */
function pool(spends: readonly Spend[]): PooledSigned[] {
  const nonces = new Map<number, number>();
  return spends.map((spend, i) => {
    const { from, to, token = 0, amount = 1n, fee = 0n, validUntil = TIME, submittedAt = i } = spend;
    const sender = place(from, token);
    const nonce = nonces.get(sender) ?? 0;
    nonces.set(sender, nonce + 1);
    const fields = { from: sender, token, amount, fee, nonce, validUntil };
    const key = keyOf(`person ${from}`);
    const accepted: Accepted =
      to === undefined
        ? { kind: "withdrawal", operation: signWithdrawal(key, DOMAIN, fields) }
        : { kind: "transfer", operation: signTransfer(key, DOMAIN, { ...fields, to: place(to, token) }) };
    const rest = { status: "pending", batch: undefined, reason: undefined } as const;
    return { sequence: i + 1, id: `${i}`, accepted, submittedAt, ...rest };
  });
}

const ingredients = (pending: readonly PooledOperation[], changes: Partial<Ingredients> = {}): Ingredients => {
  const state = changes.state ?? new LayeredState(EMPTY, [FUNDED]);
  return {
    ...{ state, pending, feeOwner: FEE_OWNER, sizes: BATCH_SIZES, timestamp: TIME, agedBefore: 0 },
    ...{ isPaid: () => false, mayLeave: () => true },
    ...{ queued: [], mustTake: 0, directory: new Directory(state), ...changes },
  };
};

const forced = (places: readonly number[]): QueuedOperation[] =>
  places.map((index, at) => ({
    ...{ place: at, block: 1, refundAddress: "0x", deadline: 0, cumulativeHash: "0x" },
    operation: { kind: "forcedWithdrawal", index, l1Address: 5n, token: 0 },
  }));

const spendOf = fc.record({
  from: fc.nat(PEOPLE - 1),
  to: fc.option(fc.nat(PEOPLE - 1), { nil: undefined, freq: 5 }),
  token: fc.constantFrom(...TOKENS),
  amount: fc.bigInt(0n, 30n),
  fee: fc.bigInt(0n, 3n),
  submittedAt: fc.nat(100),
});

describe("node: drafts of batches", () => {
  it("take everything that waits in the end, each a batch that can be proven, each account's in order", () => {
    fc.assert(
      fc.property(fc.array(spendOf, { maxLength: 30 }), fc.nat(100), (spends, agedBefore) => {
        const layers = [FUNDED];
        let pending = pool(spends);
        for (let number = 0; pending.length > 0; number++) {
          const parts = ingredients(pending, { state: new LayeredState(EMPTY, layers), agedBefore });
          const draft = draftBatch(parts);
          expect(draft.signed.length).to.be.greaterThan(0);
          const tip = { number, timestamp: TIME, root: 0n, queueEnd: 0 };
          const { changes, own } = finish(
            assemblySteps(draft, parts, {
              ...{ domain: DOMAIN, timestamp: TIME, beneficiary: 0n, inBlob: false, tip },
              clock: SYSTEM_CLOCK,
            }),
          );
          expect(own.operations).to.have.length(draft.signed.length);
          layers.push(changes);
          pending = pending.filter(({ id }) => !own.operations.includes(id));
        }
      }),
      { numRuns: LONG ? 200 : 10 },
    );
  });

  it("are of the cheapest size that holds as much", () => {
    const sizeFor = (spends: readonly Spend[], changes: Partial<Ingredients> = {}): string =>
      draftBatch(ingredients(pool(spends), changes)).size.name;
    const near = (count: number): Spend[] =>
      Array.from({ length: count }, (_, i) => ({ from: i % 3, to: (i + 1) % 3 }));
    expect(sizeFor(near(1))).to.equal("batch-4");
    expect(sizeFor(near(4))).to.equal("batch-4");
    expect(sizeFor(near(5))).to.equal("batch-16");
    expect(sizeFor(near(17))).to.equal("batch-64");
    expect(sizeFor([{ from: 0 }, { from: 1 }, ...near(2)])).to.equal("batch-16");
    // Six accounts lie in four segments, and unused rows in the first.
    expect(sizeFor([0, 1, 2, 3, 4, 5].map((from) => ({ from, to: from })))).to.equal("batch-16");
    const queued = forced([11, 12, 13, 14, 15, 16, 17, 18, 19, 20]);
    expect(sizeFor([], { queued })).to.equal("rush-16");
    expect(sizeFor(near(40), { queued: queued.slice(0, 4) })).to.equal("batch-64");
    // A batch's own gas is that of a thousand transfers.
    expect(sizeFor(near(40), { queued: queued.slice(0, 5) })).to.equal("batch-320");
    expect(sizeFor(near(40), { queued, mustTake: 10 })).to.equal("rush-16");
  });

  it("leave out what expired or cannot be paid, and what stands on it", () => {
    const spends = [
      { from: 0, to: 1, amount: 5n, validUntil: TIME - 1 },
      { from: 0, to: 1, amount: 6n },
      { from: 1, to: 2, amount: FUNDS + 1n },
      { from: 2, to: 0, amount: 8n },
    ];
    const { signed } = draftBatch(ingredients(pool(spends)));
    expect(signed.map(({ id }) => id)).to.deep.equal(["3"]);
  });

  it("wait with fees until there is an account for them", () => {
    const [, otherToken] = TOKENS;
    const feeOwner = { ...FEE_OWNER, l1Address: 0xbadn };
    const spends = [
      { from: 0, to: 1, fee: 1n },
      { from: 1, to: 0, token: otherToken },
    ];
    const { signed, token } = draftBatch(ingredients(pool(spends), { feeOwner }));
    expect([signed.map(({ id }) => id), token]).to.deep.equal([["1"], otherToken]);
  });

  it("put what has waited long first, then the highest fees, each account's in order", () => {
    const order = (spends: readonly Spend[]): string =>
      byUrgency(pool(spends), 10)
        .map(({ id }) => id)
        .join("");
    const [low, high] = [
      { fee: 1n, submittedAt: 20 },
      { fee: 9n, submittedAt: 20 },
    ];
    expect(
      order([
        { from: 0, ...low },
        { from: 1, ...high },
      ]),
    ).to.equal("10");
    expect(
      order([
        { from: 0, fee: 0n, submittedAt: 9 },
        { from: 1, ...high },
      ]),
    ).to.equal("01");
    expect(
      order([
        { from: 0, ...low },
        { from: 0, ...high },
        { from: 1, fee: 5n, submittedAt: 20 },
      ]),
    ).to.equal("201");
  });

  const POLICY = { maxAge: 100, longestWait: 1000, maxQueueAge: 50, queueDepth: 0, maxUnderWay: 4 };
  /** Whether a batch of all of these is made, if it pays for itself or not. */
  const leaves = (spends: readonly Spend[], now: number, { queueSince, pays = true }: Leaving = {}): boolean => {
    const queued = queueSince === undefined ? [] : forced([11]);
    const pending = pool(spends);
    const timing = new Timing(POLICY, BATCH_SIZES.slice(0, 2), { pending, queueSince }, now);
    const mayLeave = (draft: Draft): boolean => timing.mayLeave(draft, () => pays);
    return timing.isTime && mayLeave(draftBatch(ingredients(pending, { queued, mayLeave })));
  };
  const many = (count: number): Spend[] => Array.from({ length: count }, () => ({ from: 0, to: 1, submittedAt: 7 }));

  it("are made when they can be full, or something has waited long enough", () => {
    expect(leaves([], 10 ** 6)).to.equal(false);
    expect([leaves(many(1), 106), leaves(many(1), 107)]).to.deep.equal([false, true]);
    expect([leaves(many(15), 8), leaves(many(16), 8)]).to.deep.equal([false, true]);
    expect([leaves([], 149, { queueSince: 100 }), leaves([], 150, { queueSince: 100 })]).to.deep.equal([false, true]);
  });

  it("are made, if they do not pay for themselves, only when something has waited for as long as was promised", () => {
    const pays = false;
    expect([leaves(many(16), 1006, { pays }), leaves(many(16), 1007, { pays })]).to.deep.equal([false, true]);
    expect(leaves(many(1), 150, { pays, queueSince: 100 })).to.equal(true);
  });

  it("look at each operation a few times, however many tokens wait and may not leave", () => {
    const tokens = 60;
    const state = new RollupState(EMPTY);
    for (let token = 0; token < tokens; token++) {
      state.update(token + 1, { ...owner(0), token, balance: FUNDS, nonce: 0 });
    }
    let reads = 0;
    const [signed] = pool([{ from: 0 }]) as [PooledSigned];
    const pending = Array.from({ length: tokens }, (_, token): PooledSigned => {
      const operation = { ...signed.accepted.operation, from: token + 1 };
      Object.defineProperty(operation, "token", { get: () => (reads++, token) });
      return { ...signed, id: `${token}`, accepted: { kind: "withdrawal", operation } };
    });
    const layered = new LayeredState(EMPTY, [state.changes]);
    const draft = draftBatch(ingredients(pending, { state: layered, mayLeave: () => false }));
    expect(draft.signed).to.have.length(1);
    expect(reads).to.be.below(10 * tokens);
  });

  it("are made when this machine's clock was set back since something came", () => {
    expect([leaves(many(1), 7), leaves(many(1), 6)]).to.deep.equal([false, true]);
    expect([leaves([], 100, { queueSince: 100 }), leaves([], 99, { queueSince: 100 })]).to.deep.equal([false, true]);
  });
});

describe("node: the next account's index", () => {
  const among = (taken: (index: number) => boolean) => {
    let looks = 0;
    const account = (index: number) => (looks++, taken(index) ? ({} as never) : undefined);
    const directory = new Directory({ account, accountsOf: () => new Map() });
    const owner = { pubKeyY: 1n, l1Address: 2n };
    return { index: directory.assign(owner, 0), next: directory.assign(owner, 1), looks };
  };

  it("is the lowest that is empty where there are no gaps, and is found in few looks among millions", () => {
    for (const count of [0, 1, 2, 3, 7, 8, 1_000, 5_000_000]) {
      const { index, next, looks } = among((index) => index <= count);
      expect([index, next], `after ${count}`).to.deep.equal([count + 1, count + 2]);
      expect(looks).to.be.below(60);
    }
  });

  it("is empty whatever the gaps are", () => {
    const gaps = [(i: number) => i % 2 === 1, (i: number) => i === 1 << 30, (i: number) => i < 10 && i !== 5];
    for (const taken of gaps) expect(taken(among(taken).index)).to.equal(false);
  });
});
