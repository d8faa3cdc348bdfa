import { expect } from "chai";
import { RpcServer } from "../support/chain/rpc-server.ts";
import { RunningCommand } from "../support/prover/prover-commands.ts";
import { until } from "../support/until.ts";

const ROLLUP = "0x5FbDB2315678afecb367f032d93F642f64180aa3";

describe("sheaf node", function () {
  this.timeout("3m");

  it("ends by Ctrl-C, though L1's node has not said a word yet", async () => {
    const server = await RpcServer.start(
      () => Promise.resolve(null),
      () => "silence",
    );
    const running = new RunningCommand(["node", "--rpc", server.url, "--rollup", ROLLUP, "--keys", "unused"]);
    try {
      await until(() => server.calls[0], "the first call");
      expect(await running.said(/"?l1"?\S*?127\.0\.0\.1:(\d+)/)).to.equal(new URL(server.url).port);
      expect(await running.end("SIGINT")).to.equal("SIGINT");
    } finally {
      running.child.kill("SIGKILL");
      await server.close();
    }
  });
});
