import { expect } from "chai";
import { logLine } from "../../cli/support/log.ts";

const line = (entry: object): string =>
  logLine(JSON.stringify({ time: 0, level: 30, ...entry })).slice("00:00:00 ".length);

describe("lines of a log for people", () => {
  it("say what happened, then what belongs to it", () => {
    expect(line({ msg: "batch made", batch: 7, size: "batch-4", cost: "0.1 ETH" })).to.equal(
      'batch made  batch=7  size=batch-4  cost="0.1 ETH"\n',
    );
  });

  it("name what is more than news, and the error's code", () => {
    const err = { type: "SheafError", message: "nobody there", code: "RPC_REFUSED", stack: "…\n…" };
    expect(line({ level: 40, msg: "step", err })).to.equal('WARN step  error="RPC_REFUSED: nobody there"\n');
  });

  it("are one line each, which no terminal acts on, whoever wrote the message", () => {
    const written = line({ msg: "a\nb\u001b[31m", reason: "\u202ec\u001b[2J d" });
    expect(written.trimEnd()).to.match(/^[\x20-\x7e]+$/);
  });
});
