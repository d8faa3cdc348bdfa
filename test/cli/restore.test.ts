import { spawn, type ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { expect } from "chai";
import { deployedIn } from "../../cli/support/follow.ts";
import { RpcError, type Rpc } from "../../node/l1/rpc.ts";
import { PROTOCOL_VERSION } from "../../protocol/constants.ts";
import { RpcServer } from "../support/chain/rpc-server.ts";
import { expectFailure, expectSuccess, sheaf } from "../support/cli.ts";
import { FollowedRollup } from "../support/node/followed-rollup.ts";
import { contentOf, expectStateOf, follow, newStorePath, rpcOf } from "../support/node/stores.ts";
import { LONG, seeded } from "../support/random.ts";

const ROOT = resolve(import.meta.dirname, "../..");

describe("sheaf restore", function () {
  // Many processes, one after the other.
  this.timeout(600_000);
  let world: FollowedRollup;
  let server: RpcServer;
  before(async () => {
    world = await FollowedRollup.create();
    await world.fund();
    await world.busy(10, "sheaf restore");
    server = await RpcServer.start(rpcOf(world));
  });
  after(async () => {
    await server.close();
    await world.close();
  });

  const args = (store: string, url = server.url): string[] => [
    ...["restore", "--rpc", url, "--rollup", world.address, "--store", store],
  ];

  it("writes the store and says what it holds", async () => {
    const path = newStorePath();
    const { exitCode, stdout, stderr } = await sheaf([...args(path), "--json"]);
    expect(exitCode, stderr).to.equal(0);
    const result = JSON.parse(stdout) as Record<string, unknown>;
    const { rollup } = world.chain;
    expect(result).to.deep.include({
      chainId: 31337,
      rollup: world.address,
      store: path,
      batches: Number(await rollup.batchNumber()),
      root: String(await rollup.stateRoot()),
      accounts: 8,
      verified: true,
      reorganisations: 0,
    });
    expect(stderr).to.match(/^restore: done in /m);
    const store = await follow(world, { path });
    await expectStateOf(world, store);
    store.close();
  });

  it("prints the same for people", async () => {
    const text = await expectSuccess(args(newStorePath()));
    expect(text).to.include(`root      ${await world.chain.rollup.stateRoot()}, as the contract says`);
    expect(text).to.match(/^batches {3}\d+, each root checked$/m);
  });

  it("says so where the node cannot show that these were the last logs", async () => {
    const rpc: Rpc = async (method, params) => {
      if (method === "eth_call") throw new RpcError(-32601, "no such method");
      return rpcOf(world)(method, params);
    };
    const plain = await RpcServer.start(rpc);
    const { exitCode, stdout, stderr } = await sheaf(args(newStorePath(), plain.url));
    expect(exitCode, stderr).to.equal(0);
    expect(stderr).to.include("was not checked: the node refuses eth_call: no such method");
    expect(stdout).not.to.include("as the contract says");
    await plain.close();
  });

  it("goes on where it was killed, and ends with what an undisturbed one has", async () => {
    // A block a page, so that there are as many moments as blocks and calls.
    const rpc: Rpc = async (method, params) => {
      const { fromBlock, toBlock } = (params[0] ?? {}) as { fromBlock: string; toBlock: string };
      if (method === "eth_getLogs" && fromBlock !== toBlock) throw new RpcError(-32602, "one block at a time");
      return rpcOf(world)(method, params);
    };
    const random = seeded("kill -9");
    const path = newStorePath();
    let child: ChildProcess;
    let left = 0;
    const killing = await RpcServer.start(rpc, () => {
      if (left-- === 0) child.kill("SIGKILL");
      return undefined;
    });
    let killed = 0;
    for (; killed < 100; killed++) {
      left = killed === 0 ? 120 : 100 + Number(random.below(LONG ? 20n : 400n));
      child = spawn(process.execPath, [join(ROOT, "cli/main.ts"), ...args(path, killing.url)], { stdio: "ignore" });
      const signal = await new Promise((done) => child.on("close", (_, name) => done(name)));
      if (signal === null) break;
      expect(signal).to.equal("SIGKILL");
    }
    await killing.close();
    expect(killed).to.be.within(1, 99);
    const fresh = newStorePath();
    (await follow(world, { path: fresh })).close();
    expect(contentOf(path)).to.deep.equal(contentOf(fresh));
  });

  it("begins at the block that a deployment noted here, if it is of this version of the protocol", async () => {
    const chainId = 0x5ea_f0000 + process.pid;
    const folder = join(ROOT, "build", "deployments");
    const file = join(folder, `${chainId}.json`);
    const note = (changes: object): Promise<void> =>
      writeFile(file, JSON.stringify({ version: PROTOCOL_VERSION, rollup: world.address, block: 7, ...changes }));
    const begins = (): Promise<number | undefined> => deployedIn(chainId, world.address);
    expect(await begins()).to.equal(undefined);
    await mkdir(folder, { recursive: true });
    try {
      await note({});
      expect(await begins()).to.equal(7);
      await note({ rollup: `0x${"11".repeat(20)}`, version: 1 });
      expect(await begins()).to.equal(undefined);
      // The first version's files did not name it.
      for (const version of [undefined, 1]) {
        await note({ version });
        expect(await begins()).to.equal(undefined);
      }
      await writeFile(file, "{");
      expect(await begins()).to.equal(undefined);
    } finally {
      await rm(file);
    }
  });

  it("fails with a code for what it cannot use", async () => {
    const path = newStorePath();
    await expectFailure("USAGE", ["restore", "--rpc", server.url]);
    await expectFailure("USAGE", [...args(path), "--from-block", "yesterday"]);
    await expectFailure("FIELD_INVALID", args(path, "nowhere"));
    const other = ["restore", "--rpc", server.url, "--rollup", `0x${"11".repeat(20)}`, "--store", path];
    await expectFailure("ROLLUP_NOT_FOUND", other);
    expect(existsSync(path)).to.equal(true);
  });
});
