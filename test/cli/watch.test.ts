import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { expect } from "chai";
import { ALARMS } from "../../node/watch/alarms.ts";
import { RpcServer } from "../support/chain/rpc-server.ts";
import { sheaf } from "../support/cli.ts";
import { FollowedRollup } from "../support/node/followed-rollup.ts";
import { newStorePath, rpcOf } from "../support/node/stores.ts";
import { WebhookServer } from "../support/node/webhook-server.ts";
import { until } from "../support/until.ts";

const ROOT = resolve(import.meta.dirname, "../..");

describe("sheaf watch", function () {
  this.timeout(300_000);
  let world: FollowedRollup;
  let server: RpcServer;
  let hook: WebhookServer;
  before(async () => {
    world = await FollowedRollup.create();
    await world.fund();
    server = await RpcServer.start(rpcOf(world));
    hook = await WebhookServer.start();
  });
  after(async () => {
    hook.close();
    await server.close();
    await world.close();
  });

  const store = newStorePath();
  const args = (...more: string[]): string[] => [
    ...["watch", "--rpc", server.url, "--rollup", world.address, "--store", store, ...more],
  ];

  it("looks once: nothing is wrong, and two nodes agree", async () => {
    const { exitCode, stdout, stderr } = await sheaf(args("--rpc", server.url, "--once", "--json"));
    expect(exitCode, stderr).to.equal(0);
    expect(JSON.parse(stdout)).to.deep.include({ batches: 4, alarms: [] });
    const governance = JSON.parse(await readFile(`${store}.governance.json`, "utf8")) as object;
    expect(governance).to.have.property("operator", world.chain.signers["operator"]!.address);
  });

  it("finds at once that a webhook is no URL, not with the first alarm", async () => {
    const { exitCode, stderr } = await sheaf(args("--webhook", "example.org/hook"));
    expect(exitCode).to.equal(1);
    expect(stderr).to.include("FIELD_INVALID");
  });

  it("ends by itself with the first alarm, by its exit code", async () => {
    await world.deposit("alice", 0, 5n);
    const { exitCode, stdout } = await sheaf(args("--deadline-margin", String(4 * 86_400)));
    expect(exitCode).to.equal(ALARMS["deadline-near"]);
    expect(stdout).to.match(/^block \d+, batch 4: 1 alarm\n {2}deadline-near: operation 8 of the queue/);
  });

  it("tells a webhook when an alarm comes and when it goes, until it is interrupted", async () => {
    const { url, notices } = hook;
    const margin = ["--deadline-margin", String(4 * 86_400), "--interval", "1"];
    const child = spawn(process.execPath, [join(ROOT, "cli", "main.ts"), ...args("--webhook", url, ...margin)], {
      stdio: "ignore",
    });
    try {
      await until(() => notices[0], "a notice");
      await world.batch();
      await until(() => notices[1], "another notice");
      child.kill("SIGTERM");
      expect(await once(child, "exit")).to.deep.equal([0, null]);
    } finally {
      child.kill("SIGKILL");
    }
    const [came, went] = notices;
    expect(came!.rollup).to.equal(world.address);
    expect(came!.alarms.map(({ kind }) => kind)).to.deep.equal(["deadline-near"]);
    expect(went).to.deep.include({ alarms: [], cleared: ["deadline-near"] });
    expect(notices).to.have.length(2);
  });
});
