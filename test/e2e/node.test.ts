import { expect } from "chai";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getAddress, JsonRpcProvider, parseEther } from "ethers";
import { NodeClient } from "../../api/client.ts";
import { startNode, type LocalNode } from "../../devnet/demo/chain.ts";
import { ROLLUP } from "../../l1/contract.ts";
import { Wallet } from "../../wallet/index.ts";
import { expectSuccess, sheaf } from "../support/cli.ts";
import { RunningCommand } from "../support/prover/prover-commands.ts";
import { hardhatAccount, WORDS } from "../support/wallet/wallet-world.ts";

const CHAIN_ID = 31_337;
/** Whom proofs are made for. */
const PAYEE = getAddress(`0x${"be4e".repeat(10)}`);

describe("./sheaf node", function () {
  this.timeout("5m");
  let folder: string;
  let chain: LocalNode;
  let provider: JsonRpcProvider;
  let command: readonly string[];
  let verification: readonly string[];
  let running: RunningCommand | undefined;
  let url: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "sheaf-node-"));
    chain = await startNode(CHAIN_ID);
    provider = new JsonRpcProvider(chain.url, CHAIN_ID, { staticNetwork: true, cacheTimeout: -1 });
    const [published, out] = [join(folder, "published"), join(folder, "addresses.json")];
    const options = ["--sizes", "batch-4", "--publish", published, "--out", out, "--json"];
    const deployed = await expectSuccess(["deploy", "--network", chain.url, ...options]);
    const { rollup } = JSON.parse(deployed) as { readonly rollup: string };
    verification = ["verify-deployment", "--rpc", chain.url, "--rollup", rollup, "--keys", published];
    command = [
      ...["node", "--rpc", chain.url, "--rollup", rollup, "--keys", published, "--data", join(folder, "data")],
      ...["--port", "0", "--max-age", "0", "--confirmations", "0", "--beneficiary", PAYEE],
    ];
  });

  after(async () => {
    if (running?.hasEnded === false) await running.end("SIGKILL");
    provider?.destroy();
    await chain?.stop();
    await rm(folder, { recursive: true });
  });

  const start = async (): Promise<string> => {
    running = new RunningCommand(command);
    return running.said(/node: (http[^\s"]+)/);
  };

  it("brings a deposit to L1 with a real proof", async () => {
    url = await start();
    const alice = await Wallet.fromMnemonic(WORDS, { account: 3 }).connect({ node: url, rpc: provider });
    const deposit = await alice.deposit({ amount: parseEther("2") });
    expect(await deposit.wait("verified")).to.include({ kind: "deposit", status: "verified" });
    expect(await alice.balance()).to.equal(parseEther("2"));
    const [log] = await provider.getLogs({ fromBlock: 0, topics: [ROLLUP.getEvent("BatchSubmitted")!.topicHash] });
    expect(ROLLUP.parseLog(log!)!.args["beneficiary"]).to.equal(PAYEE);
  });

  it("logs each step of the batch with its cost, and nothing but JSON", async () => {
    await running!.said(/"batch verified"/);
    const lines = linesOf(running!.stderr);
    const steps = lines.filter(({ batch }) => batch === 1);
    expect(steps.map(({ msg }) => msg)).to.deep.equal(["batch made", "batch proven", "batch sent", "batch verified"]);
    expect(steps[3]).to.include.keys("gasUsed", "gasPrice", "cost", "transaction", "block");
    expect(lines.some(({ msg }) => /not the operator/.test(msg))).to.equal(false);
  });

  it("runs what is deployed, which is what this checkout makes of the same sources", async () => {
    const stdout = await expectSuccess(verification);
    const compared = [...stdout.matchAll(/^(right|open|wrong) +(\S+)/gm)].map(([, is, about]) => `${is} ${about}`);
    expect(compared).to.have.members([
      ...["right Rollup", "right creation", "right data", "right batch-4", "right batch-4", "open batch-4"],
      ...["right exit", "right exit", "open exit"],
      ...["Batch4", "Exit", "JointBatch4"].map((name) => `right DevelopmentVerifier${name}`),
    ]);
    expect(stdout).to.match(/^setup +batch-4: INSECURE/m);

    const [, verifier] = /the code at (0x\w{40}) is made from the key/.exec(stdout)!;
    const deployed = await provider.getCode(verifier!);
    await provider.send("hardhat_setCode", [verifier, `${deployed}00`]);
    const other = await sheaf(verification);
    expect(other.exitCode).to.equal(1);
    expect(other.stdout).to.match(new RegExp(`^wrong .*${verifier!}`, "m"));
    expect(other.stderr).to.match(/^error DEPLOYMENT_MISMATCH: 1 of 12 are wrong: /m);
    await provider.send("hardhat_setCode", [verifier, deployed]);
  });

  it("goes on where it was killed, and serves the explorer", async () => {
    const before = await new NodeClient(url).state();
    expect(await running!.end("SIGKILL")).to.equal("SIGKILL");
    url = await start();
    const { root, batch } = await new NodeClient(url).state();
    expect({ root, batch }).to.deep.equal({ root: before.root, batch: before.batch });
    expect(await (await fetch(url)).text()).to.include("<title>");
  });

  it("lets one process have its folder, and ends by Ctrl-C", async () => {
    const second = new RunningCommand(command);
    expect(await second.ended()).to.equal(1);
    const [fatal, ...more] = linesOf(second.stderr).filter(({ level }) => level === 60);
    expect(fatal).to.include({ code: "STORE_BUSY" });
    expect(more).to.deep.equal([]);
    expect(await running!.end("SIGINT")).to.equal(0);
    expect(await readdir(join(folder, "data"))).to.include.members(["node.db", "rollup.db"]);
  });

  it("says at the start that a key is not the operator's, and that its prover is away", async () => {
    const stranger = hardhatAccount(7).privateKey;
    const options = [
      "--key",
      "STRANGER",
      "--prover",
      "http://127.0.0.1:1",
      "--metrics-port",
      "0",
      "--log-format",
      "text",
    ];
    running = new RunningCommand([...command, ...options], { ...process.env, STRANGER: stranger });
    url = await running.said(/node: (http\S+)/);
    await running.said(/^[\d:]{8} (ERROR) this is not the operator's key: the rollup's is 0x/m);
    const { status, missing } = await new NodeClient(url).health();
    expect([status, missing.map(({ what }) => what)]).to.deep.equal(["down", ["operator", "prover"]]);
    expect((await fetch(`${url}/metrics`)).status).to.equal(404);
    const metrics = await (await fetch(await running.said(/metrics=(http\S+)/))).text();
    expect(metrics).to.match(/^sheaf_node_operator_balance_ether \d/m);
    expect(await running.end("SIGINT")).to.equal(0);
  });
});

interface Line {
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** What a log says, a line each. Throws where a line is not JSON. */
const linesOf = (log: string): readonly Line[] =>
  log
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Line);
