import { expect } from "chai";
import { RememberedState } from "../../../node/sequencer/remembered-state.ts";
import type { StoredState } from "../../../node/store/stored-state.ts";

/** A state with accounts up to an index, and what was read of it. */
const stateWith = (last: number, balance: bigint) => {
  const read: number[] = [];
  const account = (index: number) => (read.push(index), index <= last ? { balance } : undefined);
  return { stored: { account } as unknown as StoredState, read };
};

describe("node: accounts of a stored state", () => {
  it("are read once, those that are not there too", () => {
    const { stored, read } = stateWith(2, 5n);
    const state = new RememberedState(stored);
    for (const index of [1, 2, 3, 3, 2, 1]) expect(state.account(index)?.balance).to.equal(index < 3 ? 5n : undefined);
    expect(read).to.deep.equal([1, 2, 3]);
  });

  it("are read anew after a batch that has changed them, and only these", () => {
    const [before, after] = [stateWith(2, 5n), stateWith(3, 6n)];
    const first = new RememberedState(before.stored);
    for (const index of [1, 2, 3]) first.account(index);
    const second = first.movedTo(after.stored, [2, 3]);
    expect([1, 2, 3].map((index) => second.account(index)?.balance)).to.deep.equal([5n, 6n, 6n]);
    expect(after.read).to.deep.equal([2, 3]);
    expect(first.account(2)?.balance).to.equal(5n);
  });

  it("are not kept without bound", () => {
    const { stored, read } = stateWith(0, 0n);
    const state = new RememberedState(stored);
    for (let index = 0; index < 70_000; index++) state.account(index);
    state.account(69_999);
    expect(read).to.have.length(70_000);
    state.account(0);
    expect(read).to.have.length(70_001);
  });
});
