import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect } from "chai";
import { sentMemory } from "../../cli/support/sent-memory.ts";
import { startNodeServer, type NodeServer } from "../../node/http/server.ts";
import { keysOfMnemonic } from "../../wallet/index.ts";
import { RpcServer } from "../support/chain/rpc-server.ts";
import { runProgram } from "../support/cli.ts";
import { expectCode } from "../support/errors.ts";
import { newFolder } from "../support/folders.ts";
import { NodeWorld } from "../support/node/node-world.ts";
import { rpcOf } from "../support/node/stores.ts";
import { LONG } from "../support/random.ts";
import { WORDS } from "../support/wallet/wallet-world.ts";

const MAIN = resolve(import.meta.dirname, "../../cli/main.ts");
const VARIABLE = "SHEAF_TEST_SENDER";

describe("what a killed command sent to L1", function () {
  this.timeout("3m");
  let world: NodeWorld;
  let l1: RpcServer;
  let api: NodeServer;
  /** Answers nothing to what sends a transaction, though L1's node takes it. */
  let isMute = false;
  const home = newFolder();
  const remembered = join(home, "wallet.json.sent");

  before(async () => {
    world = await NodeWorld.create();
    const rpc = rpcOf(world.rollup);
    l1 = await RpcServer.start(rpc, ({ method, params }) => {
      if (!isMute || method !== "eth_sendRawTransaction") return undefined;
      void rpc(method, params);
      return "silence";
    });
    api = await startNodeServer({ node: world.node, rpc, port: 0 });
  });
  after(async () => {
    await api.close();
    await l1.close();
    await world.close();
  });

  const env = () => ({
    ...process.env,
    SHEAF_WALLET: join(home, "wallet.json"),
    [VARIABLE]: keysOfMnemonic(WORDS, 3).l1.privateKey,
  });
  const command = (name: string): string[] => [
    ...[MAIN, ...name.split(" "), "--signer", VARIABLE, "--node", api.url, "--rpc", l1.url, "--no-wait", "--json"],
  ];
  const tail = async (): Promise<number> => Number((await world.rollup.chain.rollup.queueBounds()).tail);
  const mining = (isOn: boolean): Promise<unknown> =>
    world.rollup.chain.connection.provider.request({ method: "evm_setAutomine", params: [isOn] });

  /** Kills a command once L1's node has its transaction, which is mined afterwards. */
  async function killed(name: string): Promise<void> {
    await mining(false);
    const child = spawn(process.execPath, command(name), { env: env(), stdio: ["ignore", "ignore", "pipe"] });
    const ended = once(child, "exit");
    let said = "";
    child.stderr.on("data", (chunk: Buffer) => (said += chunk.toString("utf8")));
    const isSent = (): boolean =>
      isMute ? l1.calls.some(({ method }) => method === "eth_sendRawTransaction") : said.includes("until it is mined");
    while (!isSent() && child.exitCode === null) await new Promise((done) => setTimeout(done, 20));
    expect(child.exitCode, said).to.equal(null);
    child.kill("SIGKILL");
    await ended;
    isMute = false;
    await mining(true);
    await world.rollup.mine(1);
  }

  async function run(name: string): Promise<{ stderr: string; id: string; l1Transaction: string }> {
    const { exitCode, stdout, stderr } = await runProgram(process.execPath, command(name), { env: env() });
    expect(exitCode, stderr).to.equal(0);
    return { stderr, ...(JSON.parse(stdout) as { id: string; l1Transaction: string }) };
  }

  for (const [when, mute] of [
    ["while it waited", false],
    ...(LONG ? ([["before L1's node had answered", true]] as const) : []),
  ] as const) {
    it(`is what its next run tells of, not sent twice: killed ${when}`, async () => {
      isMute = mute;
      l1.calls.length = 0;
      const before = await tail();
      await killed("deposit 0.25");
      expect(await tail()).to.equal(before + 1);
      const [file] = readdirSync(remembered);
      expect(statSync(join(remembered, file!)).mode & 0o777).to.equal(0o600);
      const { hash } = JSON.parse(readFileSync(join(remembered, file!), "utf8")) as { hash: string };
      const again = await run("deposit 0.25");
      expect(again).to.include({ id: `queue-${before}`, l1Transaction: hash });
      expect(again.stderr).to.include(`L1 transaction ${hash}, which is mined; nothing more is sent now`);
      expect(await tail()).to.equal(before + 1);
      expect(existsSync(remembered)).to.equal(false);
      if (mute || !LONG) return;
      // It has been told: the same once more is another deposit.
      const other = await run("deposit 0.25");
      expect(other.stderr).to.not.include("earlier run");
      expect([other.id, await tail()]).to.deep.equal([`queue-${before + 1}`, before + 2]);
    });
  }

  it("is of one chain, one account and one intent, and a damaged note of it is told", async () => {
    const wallet = join(newFolder(), "alice.json");
    let genesis = "0xaa";
    const server = await RpcServer.start((method) =>
      Promise.resolve(method === "eth_chainId" ? "0x7a69" : { hash: genesis }),
    );
    const memory = await sentMemory(wallet, server.url);
    const sent = { hash: `0x${"ab".repeat(32)}`, nonce: 7 };
    memory.set("a deposit", sent);
    expect(memory.get("a deposit")).to.deep.include(sent);
    expect(memory.get("another")).to.equal(undefined);
    genesis = "0xbb";
    expect((await sentMemory(wallet, server.url)).get("a deposit")).to.equal(undefined);
    const file = join(`${wallet}.sent`, readdirSync(`${wallet}.sent`)[0]!);
    const whole = readFileSync(file, "utf8");
    for (const text of ["", whole.slice(0, 20), whole.replace("ab", "gb"), "{}", "null"]) {
      writeFileSync(file, text);
      const error = await expectCode("FILE_UNREADABLE", () => memory.get("a deposit"));
      expect(error.message).to.include(file).and.include("see on L1 what the account sent last");
    }
    await server.close();
  });
});
