import { expect } from "chai";
import type { Page } from "playwright-core";
import { formatOwner } from "../../wallet/rollup-address.ts";
import { amountText, dateText, localText, shortened } from "../../web/format.ts";
import { untilHolds } from "../support/web/browser.ts";
import { ExplorerPages } from "../support/web/explorer-pages.ts";
import { ExplorerWorld } from "../support/web/explorer-world.ts";

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

  it("says until when the node keeps an operation, and behind which one", async () => {
    const before = pages.world.addTransfer({});
    const kept = { waitsUntil: 1_900_000_000, waitsBehind: before.id, validFrom: 1_900_000_000 };
    page = await pages.open(`/transactions/${pages.world.addTransfer(kept).id}`);
    await see(/^The node keeps it, and puts it into a batch from .* on$/);
    await see(/^It comes after /);
    await see("Valid from");
  });

  it("says why no batch takes an operation, what may execute it all the same, and what was rejected before it was", async () => {
    const transaction = pages.world.hash();
    const reason = { code: "OPERATION_EXPIRED", message: "valid until <b>yesterday</b>" } as const;
    const held = { ...reason, transaction, until: 1_900_000_000 };
    page = await pages.open(`/transactions/${pages.world.addTransfer({ held }).id}`);
    await see(/^No batch can take it now: OPERATION_EXPIRED valid until <b>yesterday<\/b>$/);
    await see(/may still execute it, until/);
    expect(await page.getByTitle(transaction).count()).to.equal(1);
    const executed = pages.world.addTransfer({ status: "verified", batch: 30, rejectedBefore: reason });
    page = await pages.open(`/transactions/${executed.id}`);
    await see(/^This node had rejected it, L1 executed it all the same: OPERATION_EXPIRED valid until/);
  });

  it("follows a transaction to its end, and back when L1 takes its batch back", async () => {
    const transfer = pages.world.addTransfer({});
    page = await pages.open(`/transactions/${transfer.id}`);
    const current = page.locator("[aria-current=step] strong");
    const become = async (fields: object, step: string): Promise<void> => {
      const at = pages.world.transactions.findIndex(({ id }) => id === transfer.id);
      pages.world.transactions[at] = { ...transfer, ...fields };
      pages.node.tell({ type: "transaction", data: pages.world.transactions[at]! });
      await page.locator("[aria-current=step] strong", { hasText: step }).waitFor();
    };
    await see("the node accepted it; it waits for a batch");
    expect(await current.textContent()).to.equal("Pending");
    const steps = async (): Promise<string[]> => page.locator(".steps li span").allTextContents();
    expect(await steps()).to.deep.equal([
      ...["the node accepted it; it waits for a batch", "then a batch takes it, and is proven"],
      ...["then the proof goes to L1", "then L1 checks it"],
    ]);
    await become({ status: "batched", batch: 31 }, "Batched");
    await become({ status: "proven", batch: 31 }, "Proven");
    // What is done is said to be done.
    expect(await steps()).to.deep.equal([
      ...["the node accepted it", "a batch took it, and was proven"],
      ...["the proof is on its way to L1", "then L1 checks it"],
    ]);
    await become({ status: "verified", batch: 31, l1Transaction: pages.world.hash() }, "Verified");
    expect((await steps()).slice(2)).to.deep.equal(["the proof went to L1", "L1 checked the proof and took the batch"]);
    await page.getByRole("status").filter({ hasText: "Status: Verified" }).waitFor({ state: "attached" });
    await become({ status: "pending" }, "Pending");
    expect(await page.getByText("Verified by the L1 transaction").count()).to.equal(0);
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
    await page.getByText("Owner's L1 address", { exact: true }).waitFor();
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

  it("leads from an L1 transaction to all that it did, and to L1's explorer where its chain has one", async () => {
    const { transaction } = pages.world.batches[9]!.l1!;
    page = await pages.open("/batches/10");
    const inside = page.getByRole("link", { name: transaction });
    expect(await inside.getAttribute("href")).to.equal(`#/l1-transactions/${transaction}`);
    const outside = page.getByRole("link", { name: "at sepolia.etherscan.io" });
    expect(await outside.count()).to.equal(0);
    pages.world.chainId = 11155111;
    pages.node.tell({ type: "state", data: pages.world.state });
    expect(await outside.getAttribute("href")).to.equal(`https://sepolia.etherscan.io/tx/${transaction}`);
  });

  it("lists what an L1 transaction did, each with what it is about", async () => {
    const [{ hash, events }] = pages.world.l1Transactions as [(typeof pages.world.l1Transactions)[0]];
    page = await pages.open(`/l1-transactions/${hash}`);
    const rows = page.getByRole("table", { name: "Its events" }).getByRole("row");
    await rows.nth(events.length).waitFor();
    const { l1Address } = events[4]!;
    const sum = `${shortened(l1Address!)}Copy the L1 address0.25 ETH`;
    expect((await rows.allTextContents()).slice(1)).to.deep.equal([
      ...["Registered a batch sizeSize 0–", "Registered a tokenToken 2–", "Queued a depositqueue-120.25 ETH"],
      ...["Queued a forced withdrawalqueue-13–", `Credited, to be pulled on L1${sum}`, "Verified a batchBatch 7–"],
      ...[`Paid out on L1${sum}`, "Froze the rollup–", "An account left the rollupAccount 30.25 ETH"],
      "Gave a deposit backqueue-14–",
    ]);
  });

  it("shows what an address can pull, and nothing of tokens that it never withdrew", async () => {
    const { accounts, withdrawals } = pages.world;
    page = await pages.open(`/addresses/${withdrawals[0]!.l1Address}`);
    const table = page.getByRole("table", { name: "Withdrawals by token" });
    await table.getByText("batch 30: 0.25 ETH").waitFor();
    const rows = await table.getByRole("row").allTextContents();
    expect(rows).to.deep.equal(["On L1, to be pulledCredited by", "0.25 ETHbatch 30: 0.25 ETH"]);
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
    // Until what the stream's beginning has it load again has failed as well: nothing but the button is to help.
    await page.evaluate("new Promise((done) => setTimeout(done, 1000))");
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
    pages.node.tell({ type: "state", data: pages.world.state });
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
    await page.getByText("Offline", { exact: true }).waitFor();
    await see(/^The node does not answer since .* What is shown here is from before that\./);
    pages.world.addBatch("verified");
    pages.node.failing.clear();
    await page.getByText("Live", { exact: true }).waitFor();
    await page.getByRole("link", { name: "31", exact: true }).waitFor();
    expect(await page.getByText("The node does not answer").count()).to.equal(0);
  });

  it("says in words what the node lacks, and that the rollup is frozen, on every page", async () => {
    pages.world.health.missing.push(
      ...[
        { what: "L1", why: "its node does not answer" },
        { what: "prover", why: "it is away\u202e" },
        { what: "rollup", why: "it is frozen" },
      ],
    );
    pages.world.isFrozen = true;
    for (const path of ["/", "/batches/10", "/nowhere"]) {
      page = await pages.open(path);
      const notices = page.locator(".notices p");
      await notices.nth(2).waitFor();
      expect(await notices.allTextContents()).to.deep.equal([
        "The rollup is frozen: it takes no more batches. Every account can leave with ./sheaf exit.",
        "The node does not see what happens on L1 now: its node does not answer.",
        "The node cannot prove batches now: it is away\\u{202e}.",
      ]);
    }
  });

  it("calls what an account has by where it is", async () => {
    const [account, , third] = pages.world.accounts;
    pages.world.accounts[0] = { ...account!, pending: { balance: account!.balance - 10n ** 15n, nonce: 3 } };
    page = await pages.open(`/accounts/${third!.index}`);
    const fact = (name: string) =>
      page.locator(".facts > div", { has: page.getByText(name, { exact: true }) }).locator("dd");
    const text = (amount: bigint): string => `${amountText(amount, 18)} ETH`;
    expect(await fact("In the rollup, final").textContent()).to.equal(text(third!.balance));
    expect(await fact("On L1, to be pulled by its L1 address").textContent()).to.equal("0.25 ETH");
    expect(await fact("In the rollup, with what is pending").count()).to.equal(0);
    page = await pages.open("/accounts/1");
    expect(await fact("In the rollup, with what is pending").textContent()).to.equal(
      text(account!.balance - 10n ** 15n),
    );
    expect(await page.getByText("Balance", { exact: true }).count()).to.equal(0);
  });

  it("names owners by their sheaf: addresses, on accounts, transfers and deposits that wait", async () => {
    const { accounts, transactions } = pages.world;
    const name = (index: number): string => formatOwner(accounts[index - 1]!);
    page = await pages.open("/accounts/5");
    await page.getByTitle(name(5)).click();
    await page.getByRole("heading", { name: "Wallet", level: 1 }).waitFor();
    await page.getByRole("region", { name: "In the rollup" }).getByRole("link", { name: "5", exact: true }).waitFor();
    const { id, from, to } = transactions[0]!;
    page = await pages.open(`/transactions/${id}`);
    await page.getByTitle(name(from!)).waitFor();
    await page.getByTitle(name(to!)).waitFor();
    const { pubKeyY, l1Address } = accounts[6]!;
    const ends = { from: undefined, to: undefined, pubKeyY, l1Address };
    pages.world.addTransfer({ id: "queue-12", kind: "deposit", ...ends, queuedBy: pages.world.hash() });
    page = await pages.open("/transactions/queue-12");
    await page.getByTitle(name(7)).waitFor();
    await see("L1 queued it; it waits for a batch");
    await see("an account of its owner, once a batch takes it");
  });

  it("has a page on the rollup: who has a say, which keys are INSECURE, deadlines, fees, version", async () => {
    const { contract } = pages.world;
    page = await pages.open("/rollup");
    await see("The keys of batch-4, exits are INSECURE");
    for (const address of [contract.rollup, contract.operator, contract.owner, contract.exit.verifier])
      await page.getByTitle(address, { exact: true }).first().waitFor();
    await see("a timelock: each of its changes waits for 2 days");
    await see("in 3 days, and 10 minutes more for each one before it; in 14 days at most");
    await see("7 days later");
    await see("Sheaf 0.2.0, not audited");
    await see("75,139 gas, in full batches");
    for (const fee of ["0.000112 ETH", "0.000115 ETH", "0.000123 ETH", "0.000148 ETH", "0.0002 ETH"]) await see(fee);
    await see("In a batch within 10 seconds");
    const verifiers = page.getByRole("table", { name: "Verifiers" }).getByRole("row");
    expect((await verifiers.allTextContents()).map((row) => row.includes("INSECURE"))).to.deep.equal([
      false,
      true,
      true,
    ]);

    Object.assign(contract, { timelock: undefined, depositsPaused: true, pendingOwner: pages.world.address() });
    const of = (keys: "ceremony" | "unknown") => ({ keys, setup: "" });
    Object.assign(contract.sizes[0]!, of("ceremony"));
    Object.assign(contract.exit, of("unknown"));
    pages.node.tell({ type: "state", data: pages.world.state });
    await see("The verifiers of exits do not say how their keys were made");
    await see("no timelock: its changes hold at once");
    await see("paused by the owner");
    await page.getByTitle(contract.pendingOwner!).first().waitFor();
    Object.assign(contract.exit, of("ceremony"));
    pages.node.tell({ type: "state", data: pages.world.state });
    await see("All verifiers say that their keys are of a ceremony.");
  });

  it("shows what the node knows of the rollup where L1 does not answer", async () => {
    pages.node.failing.add("contract");
    page = await pages.open("/rollup");
    expect(await page.getByRole("alert").textContent()).to.include("RPC_BEHIND");
    await see("Sheaf 0.2.0, not audited");
    await page.getByRole("table", { name: "Tokens" }).waitFor();
  });

  it("shows a token with its accounts, and warns of another with its symbol", async () => {
    pages.world.tokens.push({ id: 3, address: pages.world.address(), symbol: "test", decimals: 0 });
    pages.world.tokens.push({ id: 4, address: pages.world.address(), symbol: "E\u200bTH\u202e", decimals: 18 });
    page = await pages.open("/tokens/1");
    await see("1 other token has this symbol: tell them apart by their addresses.");
    await page.getByTitle(pages.world.tokens[1]!.address).first().waitFor();
    page = await pages.open("/tokens/4");
    await see("E\\u{200b}TH\\u{202e}");
    page = await pages.open("/tokens/0");
    await page.getByRole("table", { name: "Accounts by index" }).getByRole("row").nth(12).waitFor();
    page = await pages.open("/tokens/9");
    await see("The rollup has no token 9.");
  });

  it("says times in UTC and by the reader's clock", async () => {
    page = await pages.open("/nowhere");
    const session = await pages.browser.context.newCDPSession(page);
    await session.send("Emulation.setTimezoneOverride", { timezoneId: "Asia/Kolkata" });
    await page.goto(`${pages.node.url}/#/batches/10`);
    const { timestamp } = pages.world.batches[9]!;
    await see(`${dateText(timestamp)}, here ${localText(timestamp, 330)}`);
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
