import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { expect } from "chai";
import { JsonRpcProvider } from "ethers";
import type { Page } from "playwright-core";
import { NodeClient } from "../../api/client.ts";
import { Wallet } from "../../wallet/index.ts";
import { runProgram } from "../support/cli.ts";
import { DevProcess } from "../support/dev-process.ts";
import { requireBrowser, startBrowser, type Browser } from "../support/web/browser.ts";

const ROOT = resolve(import.meta.dirname, "../..");
type Rollup = Awaited<ReturnType<DevProcess["rollup"]>>;

describe("quickstart, with real proofs", function () {
  // The first run builds circuits and keys.
  this.timeout(900_000);
  let folder: string;
  let temporary: string;
  let dev: DevProcess;
  let rollup: Rollup;
  let browser: Browser | undefined;
  /** That the first account has sent. */
  let transfers: number;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "sheaf-"));
    await mkdir((temporary = join(folder, "tmp")));
    dev = new DevProcess(["--state", join(folder, "state")], temporary);
    rollup = await dev.rollup();
  });
  after(async () => {
    await browser?.close();
    await dev?.interrupt();
    await rm(folder, { recursive: true, force: true });
  });

  it("starts with accounts that have deposits in the rollup", () => {
    expect(rollup.accounts).to.have.length(10);
    for (const { l1Address, holdings } of rollup.accounts) {
      expect(holdings.map(({ token, balance }) => [token, String(balance)])).to.deep.equal([
        [0, "100000000000000000000"],
        [1, "1000000000000000000000"],
      ]);
      for (const held of holdings) expect(held).to.include({ final: true, l1Address: l1Address.toLowerCase() });
    }
  });

  it("leaves the accounts on L1 as they are, untouched", async () => {
    const provider = new JsonRpcProvider(rollup.rpc, rollup.chainId, { staticNetwork: true });
    const addresses = rollup.accounts.map(({ l1Address }) => l1Address.toLowerCase());
    expect(await provider.send("eth_accounts", [])).to.deep.equal(addresses);
    for (const address of addresses) {
      expect(await provider.getBalance(address)).to.equal(10_000n * 10n ** 18n);
      expect(await provider.getTransactionCount(address)).to.equal(0);
    }
    provider.destroy();
  });

  it("runs the program of docs/wallet.md", async () => {
    const text = await readFile(join(ROOT, "docs/wallet.md"), "utf8");
    const [, example] = /```ts\n(import [^]+?)```/.exec(text)!;
    const here = {
      "sheaf/wallet": pathToFileURL(join(ROOT, "wallet/index.ts")).href,
      "http://127.0.0.1:8790": rollup.url,
      "http://127.0.0.1:8545": rollup.rpc,
    };
    let script = example!;
    for (const [there, place] of Object.entries(here)) {
      expect(script).to.include(`"${there}"`);
      script = script.replaceAll(`"${there}"`, `"${place}"`);
    }
    const file = join(folder, "example.ts");
    await writeFile(file, script);
    const bob = await Wallet.fromMnemonic(rollup.mnemonic, { account: 6 }).connect({
      node: rollup.url,
      rpc: rollup.rpc,
    });
    const before = await bob.balance();
    const { exitCode, stderr } = await runProgram(process.execPath, [file]);
    expect(exitCode, stderr).to.equal(0);
    expect(stderr).to.match(/^verified$/m);
    const { value: last } = await bob.history().next();
    expect(last).to.include({ kind: "withdrawal", amount: 10n ** 17n });
    expect(await bob.balance()).to.equal(before + 4n * 10n ** 17n + 6n - 10n ** 17n - last!.fee);
    expect(await bob.withdrawable()).to.equal(0n);
  });

  it("logs requests, batches and payments", () => {
    for (const line of [
      /^[\d:]{8} eth_sendRawTransaction$/m,
      /^[\d:]{8} POST \/transactions {2}status=202 {2}ms=\d+$/m,
      /^[\d:]{8} operation {2}id=0x[0-9a-f]{64} {2}kind=transfer {2}status=verified /m,
      /^[\d:]{8} batch made {2}batch=\d+ {2}size=batch-4 /m,
      /^[\d:]{8} batch proven {2}batch=\d+ {2}size=batch-4 {2}seconds=[\d.]+$/m,
      /^[\d:]{8} batch sent {2}batch=\d+ {2}transaction=0x/m,
      /^[\d:]{8} batch verified {2}.* gasUsed=\d+ {2}gasPrice="[\d.]+ gwei" {2}cost="0\.\d+ ETH"$/m,
    ]) {
      expect(dev.log).to.match(line);
    }
  });

  it("shows a transfer on its way to verified, live in the explorer", async function () {
    const page = await openExplorer(this);
    const [alice, bob] = [0, 1].map((account) => Wallet.fromMnemonic(rollup.mnemonic, { account }));
    const connected = await alice!.connect({ node: rollup.url, rpc: rollup.rpc });
    const way = ["Pending", "Batched", "Proven", "Verified"];
    // A busy machine may show a page when the transfer is at its end already: then with another one.
    let seen: string[] = [];
    for (transfers = 0; transfers < 5 && seen.length < 2; transfers++) {
      const { id } = await connected.transfer({ to: bob!.address, amount: 25n * 10n ** 16n });
      await page.evaluate(`
        window.seen = [];
        new MutationObserver(() => {
          const step = document.querySelector("[aria-current=step] strong")?.textContent;
          if (step !== undefined && step !== window.seen.at(-1)) window.seen.push(step);
        }).observe(document, { subtree: true, childList: true, attributes: true });
        location.hash = "#/transactions/${id}";
      `);
      await page.locator("[aria-current=step]", { hasText: "Verified" }).waitFor({ timeout: 120_000 });
      seen = await page.evaluate<string[]>("window.seen");
      await page.getByText("0.25 ETH").waitFor();
      await page.evaluate('location.hash = "#/"');
    }
    expect(seen).to.have.length.above(1);
    expect(seen, seen.join()).to.deep.equal(way.filter((step) => seen.includes(step)));
    // As the deployed verifiers say.
    await page.evaluate('location.hash = "#/rollup"');
    await page.getByText("The keys of batch-4, exits are INSECURE").waitFor();
  });

  it("does what the document says, as it is typed", async function () {
    const page = await openExplorer(this);
    const [start, ...blocks] = await commandsOf("docs/quickstart.md");
    expect(start).to.equal("./sheaf dev\n");
    const script = ["set -e", `sheaf() { "${process.execPath}" "${join(ROOT, "cli/main.ts")}" "$@"; }`, ...blocks]
      .join("\n")
      .replaceAll("http://127.0.0.1:8790", rollup.url)
      .replaceAll("http://127.0.0.1:8545", rollup.rpc)
      .replaceAll("./sheaf ", "sheaf ");
    const { exitCode, stdout, stderr } = await runProgram("bash", ["-c", script], { cwd: folder });
    expect(exitCode, stderr).to.equal(0);
    const [, id] = /^(0x[0-9a-f]{64}) {2}verified in batch \d+$/m.exec(stdout)!;
    expect(stdout).to.include("0.1 ETH paid out on L1");

    await page.getByRole("searchbox").fill(id!);
    await page.getByRole("searchbox").press("Enter");
    await page.locator("[aria-current=step]", { hasText: "Verified" }).waitFor();
    await page.getByRole("definition").getByRole("link", { name: /^\d+$/ }).nth(1).click();
    await page.getByText("Checked in this page: this account, with this balance and nonce,").waitFor();
    await page.getByRole("definition").filter({ hasText: "ETH" }).first().waitFor();
  });

  it("ends by Ctrl-C, and leaves nothing behind but its folder", async () => {
    await browser?.close();
    browser = undefined;
    expect(await dev.interrupt()).to.equal(0);
    expect(dev.isThere).to.equal(false);
    expect(await leftBehind()).to.deep.equal([]);
    expect(await fetch(rollup.url).catch(() => "gone")).to.equal("gone");
  });

  it("goes on with what --state kept", async () => {
    const kept = (await readFile(join(folder, "state/chain.jsonl"), "utf8")).trim().split("\n");
    dev = new DevProcess(["--state", join(folder, "state")], temporary);
    const again = await dev.rollup();
    expect(again).to.include({ rollup: rollup.rollup, chainId: rollup.chainId });
    const node = new NodeClient(again.url);
    const { root, batch, block } = await node.state();
    expect(batch).to.be.above(4);
    expect(block).to.be.at.least(kept.length - 1);
    expect((await node.batch(batch)).root).to.equal(root);
    const [alice] = again.accounts;
    // The program of docs/wallet.md sent four.
    expect(alice!.holdings[0]!.nonce).to.equal(transfers + 4);
    expect(await dev.interrupt()).to.equal(0);
  });

  it("can be interrupted while it starts", async () => {
    dev = new DevProcess([], temporary);
    await dev.progress("deployment: ");
    expect(await leftBehind()).to.have.length(1);
    expect(await dev.interrupt()).to.equal(130);
    expect(dev.isThere).to.equal(false);
    expect(await leftBehind()).to.deep.equal([]);
  });

  /** Temporary files, besides what Hardhat's loader keeps for all programs of a user. */
  async function leftBehind(): Promise<readonly string[]> {
    return (await readdir(temporary)).filter((name) => !name.startsWith("tsx-"));
  }

  async function openExplorer(context: Mocha.Context): Promise<Page> {
    browser ??= await startBrowser(requireBrowser(context));
    const page = await browser.context.newPage();
    await page.goto(rollup.url);
    await page.getByText("Live", { exact: true }).waitFor();
    return page;
  }
});

/** What a document has its reader type, a text for each block. */
async function commandsOf(path: string): Promise<readonly string[]> {
  const text = await readFile(join(ROOT, path), "utf8");
  return [...text.matchAll(/^```sh\n([^]*?)^```$/gm)].map(([, block]) => block!);
}
