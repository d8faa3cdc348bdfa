import { expect } from "chai";
import type { Page } from "playwright-core";
import { formatOwner } from "../../wallet/rollup-address.ts";
import { untilHolds } from "../support/web/browser.ts";
import { lowestContrast } from "../support/web/contrast.ts";
import { ExplorerPages } from "../support/web/explorer-pages.ts";
import { ExplorerWorld } from "../support/web/explorer-world.ts";

/** Contrast of text that WCAG 2.2 asks for (1.4.3, AA). */
const CONTRAST = 4.5;
const PHONE = { width: 360, height: 740 };

/** One with everything that a page can show. */
function fullWorld(): ExplorerWorld {
  const world = new ExplorerWorld(30);
  world.addBatch("proven");
  world.addBatch("batched");
  world.addTransfer({
    status: "rejected",
    reason: { code: "NONCE_WRONG", message: "the account's next nonce is 7" },
    amount: 123_456_789_012_345_678_901_234n,
  });
  const { pubKeyY, l1Address } = world.accounts[4]!;
  const deposit = { id: "queue-12", kind: "deposit", from: undefined, to: undefined, pubKeyY, l1Address } as const;
  world.addTransfer({ ...deposit, queuedBy: world.hash() });
  world.tokens.push({ id: 3, address: world.address(), symbol: "test", decimals: 0 });
  world.health.missing.push({ what: "L1", why: "its node does not answer" });
  return world;
}

const placesIn = ({ transactions, accounts, l1Transactions }: ExplorerWorld): readonly string[] => [
  ...["/", "/batches", "/batches/30", "/batches/32", "/transactions", `/transactions/${transactions[0]!.id}`],
  ...[`/transactions/${transactions.at(-1)!.id}`, "/accounts", "/accounts/5", "/roots", "/search/5"],
  ...[`/search/0x${"0123456789abcdef".repeat(4)}`, `/nowhere${"/and-further".repeat(9)}`],
  `/addresses/${accounts[2]!.l1Address}`,
  ...[`/keys/${accounts[2]!.pubKeyY}`, `/wallets/${formatOwner(accounts[2]!)}`, "/rollup", "/tokens/1", "/tokens/9"],
  ...[`/l1-transactions/${l1Transactions[0]!.hash}`, "/transactions/queue-12"],
];

describe("explorer, for everybody", () => {
  const pages = ExplorerPages.forSuite(fullWorld);
  let page: Page;

  /** Goes to each place in its turn, and looks once it is drawn, and the one before no longer is. */
  async function eachPlace(look: (place: string) => Promise<void>): Promise<void> {
    for (const place of placesIn(pages.world)) {
      await page.evaluate("for (const title of document.querySelectorAll('h1')) title.dataset.left = ''");
      await page.goto(`${pages.node.url}/#${place}`);
      await page.locator("main:not(:has(.loading)) h1:not([data-left])").waitFor();
      await look(place);
    }
  }

  for (const scheme of ["light", "dark"] as const) {
    it(`has text that can be read, and a form for a phone: ${scheme}`, async () => {
      page = await pages.open("/nowhere");
      await page.emulateMedia({ colorScheme: scheme });
      await page.setViewportSize(PHONE);
      await eachPlace(async (place) => {
        const [text, contrast] = await page.evaluate(lowestContrast);
        expect(contrast, `${place}: ${text}`).to.be.at.least(CONTRAST);
        const width = await page.evaluate("document.documentElement.scrollWidth");
        expect(width, place).to.equal(PHONE.width);
      });
    });
  }

  it("has links that are told apart without colour", async () => {
    page = await pages.open("/nowhere");
    await eachPlace(async (place) => {
      const plain = await page.evaluate(
        "[...document.querySelectorAll('main a, footer a')]" +
          ".filter((link) => getComputedStyle(link).textDecorationLine !== 'underline').map((link) => link.outerHTML)",
      );
      expect(plain, place).to.deep.equal([]);
    });
  });

  it("has landmarks, one main heading and named tables on every page", async () => {
    page = await pages.open("/nowhere");
    await eachPlace(async (place) => {
      for (const role of ["banner", "main", "contentinfo", "search"] as const)
        expect(await page.getByRole(role).count(), `${place}: ${role}`).to.equal(1);
      expect(await page.getByRole("heading", { level: 1 }).count(), place).to.equal(1);
      expect(await page.locator("table:not(:has(caption))").count(), place).to.equal(0);
      expect(await page.locator("body").ariaSnapshot(), place).not.to.match(/- (button|link|progressbar)(?! ")/);
    });
  });

  it("is what a screen reader expects", async () => {
    page = await pages.open("/batches/32");
    const snapshot = await page.locator("body").ariaSnapshot();
    for (const line of [
      '- link "Sheaf explorer, overview"',
      '- navigation "Sections"',
      '- heading "Batch 32" [level=1]',
      '- region "The batch"',
      '- progressbar "Proof of batch 32"',
      '- table "Transactions, the newest first"',
      '- columnheader "Amount"',
    ])
      expect(snapshot).to.include(line);
  });

  it("is used by keyboard alone", async () => {
    page = await pages.open("/");
    const focused = (): Promise<string> =>
      page.evaluate("document.activeElement.textContent || document.activeElement.id");
    await page.keyboard.press("Tab");
    expect(await focused()).to.equal("Skip to the content");
    await page.keyboard.press("Enter");
    expect(await page.evaluate("document.activeElement.tagName")).to.equal("MAIN");

    await page.getByRole("link", { name: "Batches", exact: true }).focus();
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Batches", level: 1 }).waitFor();
    await untilHolds(page, "document.activeElement.tagName === 'MAIN'");
    expect(await page.title()).to.equal("Batches · Sheaf explorer");
    await page.getByRole("link", { name: "32", exact: true }).waitFor();
    await page.keyboard.press("Tab");
    expect(await focused()).to.equal("32");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Batch 32", level: 1 }).waitFor();
  });

  it("comes up in a browser that keeps nothing", async () => {
    page = await pages.open("/");
    await page.addInitScript(() =>
      Object.defineProperty(globalThis, "localStorage", {
        get: () => {
          throw new DOMException("denied", "SecurityError");
        },
      }),
    );
    await page.reload();
    await page.getByRole("button", { name: /^Colours: system/ }).click();
    await page.locator(":root[data-theme=light]").waitFor();
  });

  it("keeps the colours that were chosen", async () => {
    page = await pages.open("/");
    await page.emulateMedia({ colorScheme: "light" });
    const ground = (): Promise<string> => page.evaluate("getComputedStyle(document.body).backgroundColor");
    const choose = async (shown: string, next: string): Promise<void> => {
      await page.getByRole("button", { name: new RegExp(`^Colours: ${shown}`) }).click();
      await page.locator(`:root[data-theme=${next}]`).waitFor();
    };
    const light = await ground();
    await choose("system", "light");
    await choose("light", "dark");
    expect(await ground()).not.to.equal(light);
    await page.reload();
    await choose("dark", "system");
    expect(await ground()).to.equal(light);
  });
});
