import { expect } from "chai";
import { Pool } from "../../../node/pool/pool.ts";
import { Ahead } from "../../../node/sequencer/unconfirmed-state.ts";
import { Store } from "../../../node/store/store.ts";

const ROLLUP = "0x5FbDB2315678afecb367f032d93F642f64180aa3";
const HASH = `0x${"00".repeat(32)}`;

describe("node: the state after the batches under way", () => {
  let store: Store;
  let pool: Pool;
  beforeEach(async () => {
    store = await Store.open(":memory:", 31337, ROLLUP, async () => ({ number: 1, hash: HASH }));
    pool = Pool.inMemory(31337, ROLLUP);
  });
  afterEach(() => {
    pool.close();
    store.close();
  });

  /** L1 takes a batch, after which account 1 has a balance. */
  function take(number: number, block: number, balance: bigint): void {
    const account = { pubKeyY: 1n, l1Address: 1n, token: 0, balance, nonce: 0 };
    const batch = { number, block, transaction: HASH, size: 0, timestamp: 0, root: 0n, queueEnd: 0 };
    const chain = `0x${String(number).padStart(64, "0")}`;
    store.transaction(() => {
      const changes = { accounts: new Map([[1, account]]), nodes: new Map([[1, balance]]) };
      store.addBatch({ ...batch, chain, words: new Uint8Array() }, changes);
      store.advance({ number: block, hash: HASH });
    });
  }

  it("has no account as it was in the middle of a reorganisation, though the same batches come again", () => {
    take(1, 2, 70n);
    take(2, 3, 30n);
    const ahead = new Ahead(store, pool);
    expect(ahead.reset()).to.equal(true);
    expect(ahead.reset()).to.equal(false);
    store.rollBack(2);
    // Somebody asks for the account now.
    expect(ahead.state().account(1)!.balance).to.equal(70n);
    take(2, 4, 30n);
    expect(ahead.reset()).to.equal(true);
    expect(ahead.state().account(1)!.balance).to.equal(30n);
  });
});
