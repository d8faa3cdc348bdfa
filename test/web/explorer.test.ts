import { expect } from "chai";
import type { Page } from "playwright-core";
import { untilHolds } from "../support/browser.ts";
import { ExplorerPages } from "../support/explorer-pages.ts";
import { ExplorerWorld } from "../support/explorer-world.ts";

describe("explorer", () => {
  const pages = ExplorerPages.forSuite();
  let page: Page;

  const see = (text: string | RegExp): Promise<void> => page.getByText(text).first().waitFor();

  it("shows the rollup in a few numbers, its newest batches and transactions", async () => {
    page = await pages.open("/");
    const { batches, transactions, rollup } = pages.world;
    await see("Last batch on L1");
    const recent = batches.slice(-20);
    const gas = recent.reduce((sum, { l1 }) => sum + l1!.gasUsed!, 0);
    const transfers = recent.reduce((sum, batch) => sum + batch.transfers, 0);
    await see(Math.round(gas / transfers).toLocaleString("en-US"));
    const [batchTable, transactionTable] = [
      page.getByRole("table", { name: "Batches" }),
      page.getByRole("table", { name: "Transactions" }),
    ];
    expect(await batchTable.getByRole("row").count()).to.equal(11);
    expect(await batchTable.getByRole("rowheader").first().textContent()).to.equal("30");
    const first = transactionTable.getByRole("row").nth(1);
    expect(await first.getByRole("link").first().getAttribute("title")).to.equal(transactions[0]!.id);
    await page.getByTitle(rollup).waitFor();
  });

  it("shows a batch as it is made, proven and verified, without a reload", async () => {
    page = await pages.open("/");
    await see("Nothing: every batch is on L1.");
    const batch = pages.world.addBatch("batched");
    pages.node.tell({ type: "batch", data: batch });
    const bar = page.getByRole("progressbar", { name: "Proof of batch 31" });
    await bar.waitFor();
    pages.node.tell({ type: "progress", data: { batch: 31, phase: "proof", fraction: 0.42 } });
    await see("proof 42 %");
    expect(await bar.getAttribute("value")).to.equal("42");

    pages.world.batches[30] = { ...batch, status: "proven", provedInMs: 812 };
    pages.node.tell({ type: "batch", data: pages.world.batches[30]! });
    await see("waiting for L1");
    const l1 = { transaction: pages.world.hash(), block: 931, gasUsed: 300_604, gasPrice: 2_000_000_000n };
    pages.world.batches[30] = { ...batch, status: "verified", l1 };
    pages.node.tell({ type: "batch", data: pages.world.batches[30]! });
    await see("Nothing: every batch is on L1.");
    expect(await page.getByRole("row").nth(1).textContent()).to.match(/^31Verified/);
  });

  it("follows a transaction to its end, and back when L1 takes its batch back", async () => {
    const transfer = pages.world.addTransfer({});
    page = await pages.open(`/transactions/${transfer.id}`);
    const current = page.locator("[aria-current=step] strong");
    const become = async (fields: object, step: string): Promise<void> => {
      const at = pages.world.transactions.findIndex(({ id }) => id === transfer.id);
      pages.world.transactions[at] = { ...transfer, ...fields };
      pages.node.tell({ type: "transaction", data: pages.world.transactions[at]! });
      await page.locator("[aria-current=step]", { hasText: step }).waitFor();
    };
    await see("accepted by the node");
    expect(await current.textContent()).to.equal("Pending");
    await become({ status: "batched", batch: 31 }, "Batched");
    await become({ status: "proven", batch: 31 }, "Proven");
    await become({ status: "verified", batch: 31, l1Transaction: pages.world.hash() }, "Verified");
    await page.getByRole("status").filter({ hasText: "Status: Verified" }).waitFor({ state: "attached" });
    await become({ status: "pending" }, "Pending");
    expect(await page.getByText("L1 transaction").count()).to.equal(0);
  });

  it("says why a transaction was rejected", async () => {
    const reason = { code: "BALANCE_INSUFFICIENT", message: "account 4 has 12 and pays 40" };
    const { id } = pages.world.addTransfer({ status: "rejected", reason });
    page = await pages.open(`/transactions/${id}`);
    const alert = page.getByRole("alert");
    expect(await alert.textContent()).to.equal("Rejected BALANCE_INSUFFICIENT account 4 has 12 and pays 40");
    expect(await page.locator(".steps").count()).to.equal(0);
  });

  it("shows amounts with their token's decimals, exact where they stand alone", async () => {
    const { id } = pages.world.addTransfer({ token: 2, amount: 1_234_567_890_001n, fee: 25n });
    page = await pages.open(`/transactions/${id}`);
    await see("1,234,567.890001 USDC");
    await see("0.000025 USDC");
    pages.world.addTransfer({ amount: 1_000_000_000_000_000_001n });
    await page.getByRole("link", { name: "Transactions" }).click();
    const cell = page.getByTitle("1.000000000000000001 ETH");
    expect(await cell.textContent()).to.equal("1.000000… ETH");
  });

  it("shows an account's history, older ones on request", async () => {
    page = await pages.open("/accounts/5");
    const own = pages.world.transactions.filter(({ from, to }) => from === 5 || to === 5);
    while (own.length <= 25) own.push(pages.world.addTransfer({ from: 5, to: 6 }));
    pages.node.tell({ type: "state", data: pages.world.state });
    await page.getByRole("button", { name: "Show older" }).click();
    const rows = page.getByRole("table", { name: "Transactions" }).getByRole("row");
    await rows.nth(own.length).waitFor();
    expect(await rows.count()).to.equal(own.length + 1);
    expect(await page.getByRole("button", { name: "Show older" }).count()).to.equal(0);
  });

  it("says that an account has left the rollup, on its page and in the list", async () => {
    const account = pages.world.accounts[4]!;
    page = await pages.open(`/accounts/${account.index}`);
    await page.getByText("L1 address", { exact: true }).waitFor();
    expect(await page.getByText("Left the rollup").count()).to.equal(0);
    Object.assign(account, { exited: true });
    pages.node.tell({ type: "state", data: pages.world.state });
    await see("by a proof, with all of its balance, which its L1 address can pull");
    await page.goto(`${pages.node.url}/#/accounts`);
    await page.getByRole("row", { name: new RegExp(`^${account.index} left`) }).waitFor();
  });

  it("shows that each batch starts at the root before it, and where one does not", async () => {
    page = await pages.open("/roots");
    await see("Checked in this page: each of these 30 batches starts at the root before it.");
    const { l1, root } = pages.world.batches[29]!;
    const newest = page.getByRole("row").nth(1);
    await newest.getByTitle(root.toString()).waitFor();
    await newest.getByTitle(l1!.transaction).waitFor();
    pages.world.batches[19] = { ...pages.world.batches[19]!, oldRoot: 7n };
    pages.node.tell({ type: "state", data: pages.world.state });
    await see("Batch 20 does not start at the root before it.");
    pages.world.batches.splice(24, 1);
    pages.node.tell({ type: "state", data: pages.world.state });
    await see("Batch 26, 20 does not start at the root before it.");
  });

  it("links to L1 where its chain has an explorer", async () => {
    const { transaction } = pages.world.batches[9]!.l1!;
    page = await pages.open("/batches/10");
    await page.getByTitle(transaction).waitFor();
    expect(await page.getByRole("link", { name: transaction }).count()).to.equal(0);
    pages.world.chainId = 11155111;
    pages.node.tell({ type: "state", data: pages.world.state });
    const link = page.getByRole("link", { name: transaction });
    expect(await link.getAttribute("href")).to.equal(`https://sepolia.etherscan.io/tx/${transaction}`);
  });

  it("shows what an address can pull, and nothing of tokens that it never withdrew", async () => {
    const { accounts, withdrawals } = pages.world;
    page = await pages.open(`/addresses/${withdrawals[0]!.l1Address}`);
    const table = page.getByRole("table", { name: "Withdrawals by token" });
    await table.getByText("batch 30: 0.25 ETH").waitFor();
    const rows = await table.getByRole("row").allTextContents();
    expect(rows).to.deep.equal(["To be pulledCredited by", "0.25 ETHbatch 30: 0.25 ETH"]);
    await page.goto(`${pages.node.url}/#/addresses/${accounts[0]!.l1Address}`);
    await see("Nothing was withdrawn to this address.");
  });

  it("dates nothing that happened in the future, whatever the clocks say", async () => {
    pages.world.addBatch("verified", pages.world.now + 3_600);
    page = await pages.open("/");
    await page
      .getByRole("row", { name: /^31 Verified/ })
      .getByText("now", { exact: true })
      .waitFor();
    await see("due in 2 d");
  });

  it("keeps every page of a list that grows", async () => {
    pages.node.world = new ExplorerWorld(60);
    page = await pages.open("/batches");
    await page.getByRole("button", { name: "Show older" }).click();
    const rows = page.getByRole("row");
    await rows.nth(60).waitFor();
    for (let added = 0; added < 5; added++) pages.world.addBatch("verified");
    pages.node.tell({ type: "state", data: pages.world.state });
    await rows.nth(65).waitFor();
    const numbers = await page.getByRole("rowheader").allTextContents();
    expect(numbers.map(Number)).to.deep.equal(Array.from({ length: 65 }, (_, place) => 65 - place));
  });

  it("says what there is before anything has happened", async () => {
    pages.node.world = new ExplorerWorld(0);
    page = await pages.open("/");
    await see("There is no batch yet.");
    await page.getByRole("link", { name: "Roots" }).click();
    await see("L1 has taken no batch yet.");
    await page.getByRole("link", { name: "Accounts" }).click();
    await see("There is no account yet.");
    await page.goto(`${pages.node.url}/#/nowhere`);
    await see("There is no page /nowhere.");
  });

  it("says what went wrong, and tries again when asked", async () => {
    pages.node.failing.add("batch");
    page = await pages.open("/batches/12");
    const alert = page.getByRole("alert");
    expect(await alert.textContent())
      .to.include("RPC_BEHIND")
      .and.include("is out of order");
    pages.node.failing.clear();
    await page.getByRole("button", { name: "Try again" }).click();
    await see("batch-4, for up to 4 transfers");
    expect(await alert.count()).to.equal(0);
  });

  it("claims nothing of batches that it could not load", async () => {
    pages.node.failing.add("batches");
    page = await pages.open("/");
    await page.getByRole("alert").waitFor();
    expect(await page.getByRole("region", { name: "Under way" }).textContent()).to.equal("Under way");
    pages.node.failing.clear();
    await page.getByRole("button", { name: "Try again" }).click();
    await see("Nothing: every batch is on L1.");
  });

  it("copies what it shows shortened, and bears a browser that refuses to", async () => {
    await pages.browser.context.grantPermissions(["clipboard-read", "clipboard-write"]);
    page = await pages.open("/batches/10");
    const copy = page.getByRole("button", { name: "Copy the L1 transaction's hash" });
    await copy.click();
    const { transaction } = pages.world.batches[9]!.l1!;
    await untilHolds(page, `navigator.clipboard.readText().then((text) => text === "${transaction}")`);
    await page.evaluate("navigator.clipboard.writeText = () => Promise.reject(new Error('no'))");
    await copy.click();
    await page.evaluate("new Promise((done) => setTimeout(done))");
  });

  it("notices that the node was away, and what happened meanwhile", async () => {
    page = await pages.open("/batches");
    await see("Verified");
    pages.node.failing.add("events");
    pages.node.dropStreams();
    await see("Connecting…");
    pages.world.addBatch("verified");
    pages.node.failing.clear();
    await page.getByText("Live", { exact: true }).waitFor();
    await page.getByRole("link", { name: "31", exact: true }).waitFor();
  });

  it("lets the page ask nobody but the node", async () => {
    page = await pages.open("/");
    const { headers } = await fetch(pages.node.url);
    expect(headers.get("content-security-policy")).to.include("default-src 'none'").and.not.include("unsafe-inline");
    const complaint = page.waitForEvent("console", (message) => message.text().includes("Content Security Policy"));
    const refused = await page.evaluate("fetch('https://example.org').then(() => 'let through', () => 'refused')");
    expect(refused).to.equal("refused");
    await complaint;
    pages.complaints.splice(0);
  });
});
