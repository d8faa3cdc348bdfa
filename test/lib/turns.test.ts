import { expect } from "chai";
import { setTimeout as sleep } from "node:timers/promises";
import { KeyedTurns, Turns } from "../../lib/turns.ts";

describe("turns", () => {
  it("come one at a time, in the order in which they were asked for", async () => {
    const turns = new Turns();
    const log: string[] = [];
    const work = async (name: string): Promise<void> => {
      const end = await turns.take();
      log.push(`${name} begins`);
      await sleep(1);
      log.push(`${name} ends`);
      end();
      end();
    };
    await Promise.all(["a", "b", "c"].map(work));
    expect(log).to.deep.equal(["a", "b", "c"].flatMap((name) => [`${name} begins`, `${name} ends`]));
  });

  it("of a key go on after a failure, and those of another key do not wait for them", async () => {
    const turns = new KeyedTurns<string>();
    const { promise, reject } = Promise.withResolvers<string>();
    const failed = turns.run("a", () => promise);
    const after = turns.run("a", async () => "after");
    expect(await Promise.race([after, turns.run("b", async () => "other")])).to.equal("other");
    reject(new Error("no"));
    expect(await failed.catch((error: unknown) => (error as Error).message)).to.equal("no");
    expect(await after).to.equal("after");
  });
});
