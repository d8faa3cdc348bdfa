import { expect } from "chai";
import { backoff } from "../../../node/sequencer/backoff.ts";

const MINUTE = 60_000;

describe("pause after failures", () => {
  it("doubles, up to 32 times a pause that is short", () => {
    expect([0, 1, 2, 5, 6, 1_000].map((failures) => backoff(100, failures))).to.deep.equal(
      [1, 2, 4, 32, 32, 32].map((times) => times * 100),
    );
  });

  it("is two minutes at most, so that nothing which has ended is told of for longer", () => {
    for (const pause of [4_000, 5_000, 12_000, MINUTE, 2 * MINUTE]) expect(backoff(pause, 30)).to.equal(2 * MINUTE);
    expect(backoff(5_000, 3)).to.equal(40_000);
  });

  it("is never shorter than after a success", () => {
    for (const failures of [0, 1, 9]) expect(backoff(10 * MINUTE, failures)).to.equal(10 * MINUTE);
  });
});
