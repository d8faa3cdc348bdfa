import { expect } from "chai";
import type { Page } from "playwright-core";
import { formatOwner } from "../../wallet/rollup-address.ts";
import { shortened } from "../../web/format.ts";
import { until } from "../support/until.ts";
import { untilHolds } from "../support/web/browser.ts";
import { ExplorerPages } from "../support/web/explorer-pages.ts";
import { ExplorerWorld } from "../support/web/explorer-world.ts";

describe("explorer's ways", () => {
  const pages = ExplorerPages.forSuite(() => new ExplorerWorld(60));
  let page: Page;

  // By a click: a page that comes up takes the keys.
  const search = async (text: string): Promise<void> => {
    await page.getByRole("searchbox", { name: "Search" }).fill(text);
    await page.getByRole("button", { name: "Search" }).click();
  };

  it("lead from a text to what it names", async () => {
    const { accounts, transactions } = pages.world;
    const { l1Address, pubKeyY } = accounts[4]!;
    const hex = `0x${pubKeyY.toString(16).padStart(64, "0")}`;
    pages.world.addTransfer({ id: "signed-4-17" });
    page = await pages.open("/");
    const leadsTo = async (text: string, path: string): Promise<void> => {
      await search(text);
      await page.waitForURL((url) => url.hash === `#${path}`);
    };
    await leadsTo(transactions[3]!.id, `/transactions/${transactions[3]!.id}`);
    await leadsTo("signed-4-17", "/transactions/signed-4-17");
    await leadsTo(l1Address, `/addresses/${l1Address}`);
    await leadsTo(pubKeyY.toString(), `/keys/${pubKeyY}`);
    await leadsTo(hex, `/keys/${pubKeyY}`);
    await leadsTo("29", "/batches/29");
    const name = formatOwner({ pubKeyY, l1Address });
    await leadsTo(name, `/wallets/${name}`);
    await search("5");
    await page.getByRole("link", { name: "Batch 5", exact: true }).waitFor();
    await page.getByRole("link", { name: "Account 5", exact: true }).click();
    await page.waitForURL((url) => url.hash === "#/accounts/5");
    await search("batch 5");
    await page.waitForURL((url) => url.hash === "#/batches/5");
    await search("sheaves%");
    await page.getByText("Nothing has this name.").waitFor();
    expect(await page.title()).to.equal("Search sheaves% · Sheaf explorer");
  });

  it("lead from what L1 shows: transactions, roots, addresses, tokens", async () => {
    const { batches, contract, l1Transactions, tokens, withdrawals } = pages.world;
    const hex = (value: bigint): string => `0x${value.toString(16).padStart(64, "0")}`;
    const seventh = batches[6]!;
    pages.world.tokens.push({ id: 3, address: pages.world.address(), symbol: "eth", decimals: 6 });
    const stranger = pages.world.address();
    withdrawals.push({ l1Address: stranger, token: 0, withdrawable: 5n, credits: [] });
    const depositor = pages.world.address();
    pages.world.addTransfer({ id: "queue-9", kind: "deposit", from: undefined, to: undefined, l1Address: depositor });
    page = await pages.open("/");
    const cases: readonly [text: string, path: string][] = [
      [l1Transactions[0]!.hash, `/l1-transactions/${l1Transactions[0]!.hash}`],
      [l1Transactions[0]!.hash.toUpperCase().replace("X", "x"), `/l1-transactions/${l1Transactions[0]!.hash}`],
      [seventh.root.toString(), "/batches/7"],
      [hex(seventh.root), "/batches/7"],
      [batches[0]!.oldRoot!.toString(), "/batches/1"],
      // Whoever can pull something, or has a deposit that waits, needs no account.
      [stranger, `/addresses/${stranger}`],
      [depositor, `/addresses/${depositor}`],
      ["usdc", "/tokens/2"],
      [tokens[1]!.address, "/tokens/1"],
      ["token 2", "/tokens/2"],
      [contract.exit.verifier, "/rollup"],
      [contract.rollup.toUpperCase().replace("X", "x"), "/rollup"],
      [contract.operator, "/rollup"],
    ];
    for (const [text, path] of cases) {
      await search(text);
      await page.waitForURL((url) => url.hash === `#${path}`);
    }
    await search("ETH");
    await page.getByRole("link", { name: "Token 0, ETH", exact: true }).waitFor();
    await page.getByRole("link", { name: `Token 3, eth, of ${shortened(tokens[3]!.address)}` }).click();
    await page.waitForURL((url) => url.hash === "#/tokens/3");
  });

  it("tell a sheaf: address that is mistyped", async () => {
    const name = formatOwner(pages.world.accounts[4]!);
    const mistyped = `${name.slice(0, -1)}${name.endsWith("0") ? "1" : "0"}`;
    page = await pages.open("/");
    for (const text of [mistyped, name.slice(0, 60)]) {
      await search(text);
      expect(await page.getByRole("alert").textContent()).to.include("RECEIVER_INVALID");
      await page.goto(`${pages.node.url}/#/nowhere`);
      await page.getByRole("alert").waitFor({ state: "detached" });
    }
  });

  it("tell an L1 address that is mistyped, by its checksum", async () => {
    page = await pages.open("/");
    const [right, wrong] = ["f39Fd6e51aad88F6F4ce6aB8827279cffFb92266", "f39fd6e51aad88F6F4ce6aB8827279cffFb92266"];
    await search(`0x${wrong}`);
    const alert = page.getByRole("alert");
    expect(await alert.textContent()).to.include(
      `the L1 address 0x${wrong} is not an address: it has the wrong EIP-55 checksum: a digit is mistyped`,
    );
    expect(await alert.getByRole("button").count(), "no use in trying again").to.equal(0);
    for (const text of [right, right.toLowerCase()]) {
      await search(`0x${text}`);
      await page.getByText("Nothing has this name.").waitFor();
      expect(await alert.count()).to.equal(0);
    }
  });

  it("do not end at nothing where the node could not look", async () => {
    pages.node.failing.add("batch");
    page = await pages.open("/search/29");
    expect(await page.getByRole("alert").textContent()).to.include("RPC_BEHIND");
    expect(await page.getByText("Nothing has this name.").count()).to.equal(0);
  });

  it("have names that tell tabs apart", async () => {
    const { id } = pages.world.addTransfer({});
    page = await pages.open(`/transactions/${id}`);
    await page.getByRole("heading", { name: "Transfer", level: 1 }).waitFor();
    await untilHolds(page, "document.title.startsWith('Transfer ')");
    expect(await page.title()).to.equal(`Transfer ${id.slice(0, 6)}…${id.slice(-4)} · Sheaf explorer`);
  });

  it("lead back to where one was, in a list that was made longer", async () => {
    page = await pages.open("/batches");
    await page.getByRole("button", { name: "Show older" }).click();
    await page.getByRole("link", { name: "3", exact: true }).click();
    await page.getByRole("heading", { name: "Batch 3", level: 1 }).waitFor();
    await untilHolds(page, "scrollY === 0");
    await page.goBack();
    await page.getByRole("link", { name: "3", exact: true }).waitFor();
    await untilHolds(page, "scrollY > 500");
    await page.goForward();
    await page.getByRole("heading", { name: "Batch 3", level: 1 }).waitFor();
    await untilHolds(page, "scrollY === 0");
  });

  it("lead back to the transactions that were chosen", async () => {
    pages.world.addTransfer({ status: "rejected", reason: { code: "NONCE_WRONG", message: "no" } });
    page = await pages.open("/transactions");
    const rejected = page.getByRole("button", { name: "Rejected" });
    await rejected.click();
    const rows = page.getByRole("rowheader");
    await rows.nth(1).waitFor({ state: "detached" });
    await rows.getByRole("link").click();
    await page.getByRole("heading", { name: "The transaction" }).waitFor();
    await page.goBack();
    await page.getByRole("heading", { name: "Newest first" }).waitFor();
    expect(await rejected.getAttribute("aria-pressed")).to.equal("true");
  });

  it("hold no connection for a tab that nobody sees, and catch up when it is seen", async () => {
    page = await pages.open("/batches");
    const setHidden = (isHidden: boolean): Promise<void> =>
      page.evaluate(`
        Object.defineProperty(document, "hidden", { value: ${isHidden}, configurable: true });
        document.dispatchEvent(new Event("visibilitychange"));
      `);
    await setHidden(true);
    await until(() => (pages.node.streams === 0 ? true : undefined), "the stream to end");
    pages.world.addBatch("verified");
    await setHidden(false);
    await page.getByRole("link", { name: "61", exact: true }).waitFor();
    expect(pages.node.streams).to.equal(1);
  });
});
