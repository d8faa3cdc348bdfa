import { expect } from "chai";
import type { Calls } from "./calls.ts";
import { TOKENS, USERS, type Model } from "./model.ts";

/** Compares the contract with the model, and its books with what it holds. */
export async function expectInvariants(model: Model, { bench, users }: Calls): Promise<void> {
  const { rollup, token, ethers } = bench;
  const held = [await ethers.provider.getBalance(rollup), await token.balanceOf(rollup)];
  for (const id of TOKENS) {
    const total = await rollup.tokenTotal(id);
    expect(total, `books of token ${id}`).to.equal(model.owed(id));
    expect(total, `token ${id} is in one place`).to.equal(model.paidIn[id]! - model.paidOut[id]!);
    expect(held[id], `holdings of token ${id}`).to.equal(model.held(id) + (id === 0 ? model.burned : 0n));
    for (let user = 0; user < USERS; user++) {
      expect(await rollup.withdrawable(id, users[user]!)).to.equal(model.creditOf(id, user));
    }
  }
  expect(await rollup.queueBounds()).to.deep.equal([BigInt(model.head), BigInt(model.queue.length)]);
  expect(await rollup.isFrozen()).to.equal(model.frozen);
  // Of the operations before the head each is processed; those after it wait or were given back.
  model.queue.forEach(({ state }, place) => expect(state === "processed").to.equal(place < model.head));
  const places = [model.head, model.queue.length - 1].filter((place) => place >= 0 && place < model.queue.length);
  for (const place of places) {
    const { deadline, state } = model.queue[place]!;
    expect((await rollup.queueEntry(place)).deadline).to.equal(state === "refunded" ? 0n : BigInt(deadline));
  }
}
