import { expect } from "chai";
import type { Page } from "playwright-core";
import { requireBrowser, startBrowser, type Browser } from "./browser.ts";
import { ExplorerNode } from "./explorer-node.ts";
import { ExplorerWorld } from "./explorer-world.ts";

/** The explorer of a made-up node in a real browser. What the page complains of, or asks elsewhere for, is kept. */
export class ExplorerPages {
  readonly complaints: string[] = [];
  readonly foreign: string[] = [];
  readonly #tabs: Page[] = [];
  #node: ExplorerNode | undefined;
  #browser: Browser | undefined;

  private constructor() {}

  /** For the tests of a suite, each with a world of its own. Tabs are closed after each, and must not have complained. */
  static forSuite(makeWorld = () => new ExplorerWorld(30)): ExplorerPages {
    const pages = new ExplorerPages();
    before(async function () {
      const chromium = requireBrowser(this);
      pages.#node = await ExplorerNode.open(new ExplorerWorld(0));
      pages.#browser = await startBrowser(chromium);
    });
    beforeEach(() => {
      pages.node.failing.clear();
      pages.node.world = makeWorld();
    });
    afterEach(() => pages.#endTest());
    after(async () => {
      await pages.#browser?.close();
      await pages.#node?.close();
    });
    return pages;
  }

  get node(): ExplorerNode {
    return this.#node!;
  }

  get browser(): Browser {
    return this.#browser!;
  }

  get world(): ExplorerWorld {
    return this.node.world;
  }

  /** A new tab at a place of the explorer. */
  async open(path: string): Promise<Page> {
    const page = await this.browser.context.newPage();
    this.#tabs.push(page);
    page.on("pageerror", (error) => this.complaints.push(error.message));
    page.on("console", (message) => {
      // The browser notes each failed answer; a test that has one looks at the page.
      if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) {
        this.complaints.push(message.text());
      }
    });
    page.on("request", (request) => {
      if (!request.url().startsWith(this.node.url)) this.foreign.push(request.url());
    });
    await page.goto(`${this.node.url}/#${path}`);
    await page.getByText("Live", { exact: true }).waitFor();
    return page;
  }

  async #endTest(): Promise<void> {
    await Promise.all(this.#tabs.splice(0).map((tab) => tab.close()));
    expect(this.complaints.splice(0)).to.deep.equal([]);
    expect(this.foreign.splice(0)).to.deep.equal([]);
  }
}
