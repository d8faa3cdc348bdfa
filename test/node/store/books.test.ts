import { expect } from "chai";
import { EMPTY_QUEUE_HASH, Store } from "../../../node/store/store.ts";

const ROLLUP = "0x5FbDB2315678afecb367f032d93F642f64180aa3";
const HASH = `0x${"00".repeat(32)}`;

/** Milliseconds of processor time. */
function processorOf(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

// A node with a history asks for these sums again and again, on its event loop.
describe("store: what is owed takes no longer to tell the more was paid", () => {
  const [MANY, HOLDER] = [4_000, 7n];
  let store: Store;
  before(async () => {
    store = await Store.open(":memory:", 31337, ROLLUP, async () => ({ number: 1, hash: HASH }));
    const deposit = { kind: "deposit", index: 0, token: 0, l1Address: HOLDER, pubKeyY: 1n, amount: 3n } as const;
    const queued = { operation: deposit, refundAddress: ROLLUP, deadline: 0, cumulativeHash: EMPTY_QUEUE_HASH };
    store.transaction(() => {
      for (let i = 0; i < MANY; i++) {
        store.addQueued({ place: i, block: 2 + i, ...queued });
        store.books.addPayout(2 + i, 0, { kind: "credit", token: 0, l1Address: HOLDER, amount: 2n });
        store.books.addPayout(2 + i, 1, { kind: "pull", token: 0, l1Address: HOLDER, amount: 1n });
        store.advance({ number: 2 + i, hash: HASH });
      }
    });
  });
  after(() => store.close());

  it("to an L1 address", () => {
    const took = processorOf(() => {
      for (let i = 0; i < 100; i++) expect(store.books.withdrawable(0, HOLDER)).to.equal(BigInt(MANY));
    });
    // Row by row it took more than 2,000.
    expect(took).to.be.below(200);
  });

  it("of a token, after a reorganisation too", () => {
    const { number } = store.cursor;
    const took = processorOf(() => {
      for (let i = 1; i <= 100; i++) {
        store.rollBack(number - i);
        expect(store.books.tokenTotal(0)).to.equal(2n * BigInt(MANY - i));
      }
    });
    expect(took).to.be.below(400);
  });
});
