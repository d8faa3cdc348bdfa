import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { getAddress, id, Transaction } from "ethers";
import { network } from "hardhat";
import { buildExitCircuit, buildSize } from "../../fixture/build.ts";
import { deploySheaf, ETH, type Sheaf, type Wallet } from "../../fixture/index.ts";
import { providerRpc, type Rpc } from "../../node/l1/rpc.ts";
import { BATCH_SIZES } from "../../protocol/constants.ts";
import { publishKeys } from "../../prover/artifacts/published.ts";
import { RpcServer } from "../support/chain/rpc-server.ts";
import { runProgram } from "../support/cli.ts";
import { newFolder } from "../support/folders.ts";
import { newStorePath } from "../support/node/stores.ts";
import { serveFolder } from "../support/static-server.ts";

/** Whom a proof is made for, in place of who submits it. */
const PAYEE = getAddress(`0x${"be4e".repeat(10)}`);

// What users do when nobody runs the rollup, from L1 and the published files alone, with real proofs.
describe("without an operator", function () {
  // The first run builds circuits and keys.
  this.timeout(600_000);
  let sheaf: Sheaf;
  let rpc: Rpc;
  let l1: RpcServer;
  let files: Awaited<ReturnType<typeof serveFolder>>;
  let published: string;
  let wallets: Record<"alice" | "bob" | "carol" | "stranger", Wallet>;

  before(async () => {
    const { provider } = await network.create();
    sheaf = await deploySheaf(provider);
    rpc = providerRpc(provider);
    l1 = await RpcServer.start(rpc);
    published = join(newFolder(), "keys");
    const rollup = await sheaf.rollup.getAddress();
    const circuits = [await buildSize(BATCH_SIZES[0]!), await buildExitCircuit()];
    await publishKeys(published, { deployment: "chain-31337", chainId: 31337, rollup, block: 0 }, circuits);
    files = await serveFolder(published);
    const names = ["alice", "bob", "carol", "stranger"] as const;
    const entries = await Promise.all(names.map(async (name) => [name, await sheaf.wallet(name)] as const));
    wallets = Object.fromEntries(entries) as typeof wallets;
  });
  after(async () => {
    await files.close();
    await l1.close();
    await sheaf.close();
  });

  const store = newStorePath();

  /** Runs a command as somebody; nobody's own key is in the environment. */
  async function run(who: string, command: string, ...args: readonly string[]) {
    const rollup = await sheaf.rollup.getAddress();
    const all = [command, "--rpc", l1.url, "--rollup", rollup, "--store", store, "--json", ...args];
    const env = { ...process.env, SHEAF_PRIVATE_KEY: id(`Sheaf test wallet ${who}`) };
    return runProgram(process.execPath, [join(import.meta.dirname, "../../cli/main.ts"), ...all], { env });
  }

  async function expectResult(...args: Parameters<typeof run>): Promise<Record<string, unknown>> {
    const { exitCode, stdout, stderr } = await run(...args);
    expect(exitCode, stderr).to.equal(0);
    return JSON.parse(stdout) as Record<string, unknown>;
  }

  async function expectError(code: string, ...args: Parameters<typeof run>): Promise<string> {
    const { exitCode, stdout, stderr } = await run(...args);
    expect(stderr).to.match(new RegExp(`^error ${code}: `, "m"));
    expect([exitCode, stdout]).to.deep.equal([1, ""]);
    return stderr;
  }

  /** Whom the proof of a batch was made for. */
  async function beneficiaryOf(batch: bigint): Promise<string> {
    const { rollup } = sheaf;
    const [event] = await rollup.queryFilter(rollup.filters.BatchSubmitted(batch));
    return event!.args.beneficiary;
  }

  async function elapse(seconds: number): Promise<void> {
    await rpc("evm_increaseTime", [seconds]);
    await rpc("evm_mine", []);
  }

  it("anybody serves the queue, but not before its deadline", async () => {
    const { alice, bob } = wallets;
    await expectError("QUEUE_NOT_OVERDUE", "stranger", "propose", "--keys", published);
    await sheaf.deposit(alice, ETH, 9_000n);
    await sheaf.deposit(bob, ETH, 200n);
    await sheaf.deposit(bob, ETH, 300n);
    expect(await expectError("QUEUE_NOT_OVERDUE", "stranger", "propose", "--keys", published)).to.match(
      /before \d{4}-/,
    );
    await sheaf.passDeadline();
    // Each behind it has a few minutes more. What is overdue takes two batches, which go in one call.
    await elapse(3600);
    const served = (await expectResult("stranger", "propose", "--keys", published)) as unknown as object[];
    expect(served).to.have.length(2);
    expect(served[0]).to.deep.include({ batch: 1, size: "batch-4", l1Operations: 2, together: 2 });
    expect(served[1]).to.deep.include({ batch: 2, size: "batch-4", l1Operations: 1, together: 2 });
    expect(served[1]).to.have.property("root", String(await sheaf.rollup.stateRoot()));
    expect(new Set(served.map((batch) => (batch as { transaction: string }).transaction)).size).to.equal(1);
    expect((await sheaf.rollup.queueBounds()).head).to.equal(3n);
    expect(await beneficiaryOf(2n)).to.equal(await wallets.stranger.signer.getAddress());
    expect(await beneficiaryOf(1n)).to.equal(await wallets.stranger.signer.getAddress());
  });

  it("who is overtaken on the way to L1, and whose node lags for a moment, finds that all is done", async () => {
    await sheaf.deposit(wallets.alice, ETH, 1_000n);
    await sheaf.passDeadline();
    let [asksForFinal, lags, overtaken] = [false, false, false];
    const racing = await RpcServer.start(async (method, params) => {
      asksForFinal ||= params[0] === "finalized";
      // What was just read up to is not there for once.
      if (asksForFinal && !lags && method === "eth_getBlockByNumber" && String(params[0]).startsWith("0x")) {
        lags = true;
        return null;
      }
      if (method !== "eth_sendRawTransaction" || overtaken) return rpc(method, params);
      overtaken = true;
      await expectResult("alice", "propose", "--keys", published, "--store", newStorePath(), "--beneficiary", PAYEE);
      // A real node takes the transaction, and mines it in vain.
      await rpc(method, params).catch(() => undefined);
      return Transaction.from(params[0] as string).hash;
    });
    const { exitCode, stdout, stderr } = await run("stranger", "propose", "--keys", published, "--rpc", racing.url);
    await racing.close();
    expect(exitCode, stderr).to.equal(0);
    expect(JSON.parse(stdout)).to.deep.equal([]);
    expect(stderr).to.include("somebody else was first");
    expect([lags, overtaken]).to.deep.equal([true, true]);
    expect(await sheaf.rollup.batchNumber()).to.equal(3n);
    expect(await beneficiaryOf(3n)).to.equal(PAYEE);
  });

  it("nobody takes files that are not those whose hashes are on L1", async () => {
    const { rollup } = sheaf;
    await sheaf.deposit(wallets.carol, ETH, 77n);
    await sheaf.passDeadline();
    const damaged = join(newFolder(), "keys");
    const circuits = [await buildSize(BATCH_SIZES[0]!), await buildExitCircuit()];
    await publishKeys(
      damaged,
      { deployment: "chain-31337", chainId: 31337, rollup: await rollup.getAddress(), block: 0 },
      circuits,
    );
    const path = join(damaged, "manifest.json");
    const manifest = await readFile(path, "utf8");
    const zkey = circuits[0]!.key.hash;
    await writeFile(
      path,
      manifest.replace(
        zkey,
        zkey.replace(/^./, (digit) => (digit === "a" ? "b" : "a")),
      ),
    );
    await expectError("ARTIFACT_MISMATCH", "stranger", "propose", "--keys", damaged);
    await writeFile(path, manifest.replace(zkey, "not a hash"));
    await expectError("ARTIFACT_CORRUPT", "stranger", "propose", "--keys", damaged);
    await expectError("FILE_UNREADABLE", "stranger", "propose", "--keys", join(damaged, "nowhere"));
    await expectError("DOWNLOAD_FAILED", "stranger", "propose", "--keys", `${files.url}/nowhere`);
  });

  it("nobody leaves a rollup that is not frozen", async () => {
    await expectError("ROLLUP_NOT_FROZEN", "alice", "exit", "--keys", published);
    const { timestamp } = (await sheaf.rollup.runner!.provider!.getBlock("latest"))!;
    const freezeTime = await sheaf.rollup.freezeTime();
    await elapse(Number(freezeTime) - timestamp + 1);
    expect(await expectError("ROLLUP_NOT_FROZEN", "alice", "exit", "--keys", published)).to.include("--freeze");
  });

  it("everybody leaves once it is, by files from any server", async () => {
    const { alice, bob, carol } = wallets;
    const before = await sheaf.balanceOnL1(bob, ETH);
    const left = await expectResult("stranger", "exit", "--freeze", "--account", bob.address, "--keys", files.url);
    expect(await sheaf.rollup.isFrozen()).to.equal(true);
    expect(left).to.deep.include({ account: bob.address, dryRun: false, refunds: [] });
    expect(left["exits"]).to.have.nested.property("[0].amount", "500");
    expect((await sheaf.balanceOnL1(bob, ETH)) - before).to.equal(500n);

    // A deposit that no batch took is given back.
    const purse = await sheaf.balanceOnL1(carol, ETH);
    const refunded = await expectResult("stranger", "exit", "--account", carol.address, "--keys", published);
    expect(refunded["refunds"]).to.have.nested.property("[0].amount", "77");
    expect((await sheaf.balanceOnL1(carol, ETH)) - purse).to.equal(77n);

    const dry = await expectResult("alice", "exit", "--dry-run", "--keys", `${files.url}/`);
    expect(dry).to.deep.include({ account: alice.address, dryRun: true });
    expect(dry["pulls"]).to.deep.equal([{ place: 0, token: 0, amount: "10000" }]);
    expect(await sheaf.rollup.tokenTotal(ETH)).to.equal(10_000n);
  });

  it("who has no file at all leaves by L1's data alone, and by no proof after that", async () => {
    const { alice } = wallets;
    const { rollup } = sheaf;
    const before = await sheaf.balanceOnL1(alice, ETH);
    // Of the key files nothing is at hand, and the state is read from L1 anew.
    const left = await expectResult(
      ...(["stranger", "exit", "--without-proof", "--account", alice.address] as const),
      ...["--store", newStorePath()],
    );
    expect(left["exits"]).to.have.nested.property("[0].amount", "10000");
    expect((await sheaf.balanceOnL1(alice, ETH)) - before).to.equal(10_000n);
    expect(await rollup.tokenTotal(ETH)).to.equal(0n);
    await expect(sheaf.exit(alice, ETH)).to.be.revertedWithCustomError(rollup, "AlreadyExited");
  });

  it("nobody leaves twice, and who comes second is told that all is done", async () => {
    const { alice, carol } = wallets;
    const balances = [await sheaf.balanceOnL1(alice, ETH), await sheaf.balanceOnL1(carol, ETH)];
    const again = await expectResult("stranger", "exit", "--keys", published, "--account", alice.address);
    expect(again["exits"]).to.deep.equal([{ place: 1, token: 0, amount: "10000", done: true }]);
    expect(again["pulls"]).to.deep.equal([{ place: 0, token: 0, amount: "10000", done: true }]);
    const refunded = await expectResult("stranger", "refund", "--account", carol.address);
    expect(refunded["refunds"]).to.have.nested.property("[0].done", true);
    expect([await sheaf.balanceOnL1(alice, ETH), await sheaf.balanceOnL1(carol, ETH)]).to.deep.equal(balances);
    await expectError("NOTHING_TO_LEAVE", "stranger", "exit", "--keys", published);
    await expectError("NOTHING_TO_LEAVE", "stranger", "refund");
    await expectError("ROLLUP_FROZEN", "stranger", "propose", "--keys", published);
  });
});
