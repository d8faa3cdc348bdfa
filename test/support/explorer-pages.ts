import { expect } from "chai";
import type { Page } from "playwright-core";
import { startBrowser, type Browser } from "./browser.ts";
import { ExplorerNode } from "./explorer-node.ts";
import { ExplorerWorld } from "./explorer-world.ts";

/** The explorer of a made-up node in a real browser. What the page complains of, or asks elsewhere for, is kept. */
export class ExplorerPages {
  readonly node: ExplorerNode;
  readonly browser: Browser;
  readonly complaints: string[] = [];
  readonly foreign: string[] = [];
  readonly #tabs: Page[] = [];

  private constructor(node: ExplorerNode, browser: Browser) {
    this.node = node;
    this.browser = browser;
  }

  static async start(chromium: string): Promise<ExplorerPages> {
    return new ExplorerPages(await ExplorerNode.start(new ExplorerWorld(0)), await startBrowser(chromium));
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
      // The browser notes each answer that is no success; a test that has one looks at the page.
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

  /** Closes the tabs that a test opened, none of which may have complained, and mends the node. */
  async endTest(): Promise<void> {
    this.node.failing.clear();
    await Promise.all(this.#tabs.splice(0).map((tab) => tab.close()));
    expect(this.complaints.splice(0)).to.deep.equal([]);
    expect(this.foreign.splice(0)).to.deep.equal([]);
  }

  async close(): Promise<void> {
    await this.browser.close();
    await this.node.close();
  }
}
