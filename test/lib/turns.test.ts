import { expect } from "chai";
import { setTimeout as sleep } from "node:timers/promises";
import { Turns } from "../../lib/turns.ts";

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
});
