import { expect } from "chai";
import { StateView } from "../../../node/http/state.ts";
import { Pool } from "../../../node/pool/pool.ts";
import { Store } from "../../../node/store/store.ts";

const ROLLUP = "0x5FbDB2315678afecb367f032d93F642f64180aa3";
const HASH = `0x${"00".repeat(32)}`;

describe("node API: the number of accounts", () => {
  it("is counted anew after a reorganisation came into a count, though the same batch comes again", async () => {
    const store = await Store.open(":memory:", 31337, ROLLUP, async () => ({ number: 1, hash: HASH }));
    const pool = Pool.inMemory(31337, ROLLUP);
    const take = (block: number): void => {
      const account = { pubKeyY: 1n, l1Address: 1n, token: 0, balance: 1n, nonce: 0 };
      const batch = { number: 1, block, transaction: HASH, size: 0, timestamp: 0, root: 0n, queueEnd: 0 };
      store.transaction(() => {
        const changes = { accounts: new Map([[1, account]]), nodes: new Map([[1, 1n]]) };
        store.addBatch({ ...batch, chain: HASH, words: new Uint8Array() }, changes);
        store.advance({ number: block, hash: HASH });
      });
    };
    take(2);
    const view = new StateView({ store, pool, early: new Map() } as never);
    const stored = store.stored.bind(store);
    store.stored = (batch) => {
      const state = stored(batch);
      const steps = state.countSteps.bind(state);
      state.countSteps = function* () {
        store.rollBack(1);
        const found = yield* steps();
        take(3);
        return found;
      };
      return state;
    };
    expect((await view.now()).accounts).to.equal(0);
    store.stored = stored;
    expect((await view.now()).accounts).to.equal(1);
    pool.close();
    store.close();
  });
});
