import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium, type BrowserContext, type BrowserContextOptions, type Page } from "playwright-core";
import { until } from "../until.ts";

const PLACES = [
  ...["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"],
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];
const FLAGS = [
  ...["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
  ...["--disable-component-update", "--disable-sync"],
];

/** Skips a suite where no Chromium is; with CI=true there must be one. */
export function requireBrowser(suite: Mocha.Context): string {
  const path = [process.env["CHROMIUM"], ...PLACES].find((place) => place !== undefined && existsSync(place));
  if (path !== undefined) return path;
  if (process.env["CI"] === "true") throw new Error("there is no Chromium: apt-get install chromium");
  process.stderr.write("skipped: there is no Chromium; install it, or name it in CHROMIUM\n");
  return suite.skip();
}

export interface Browser {
  readonly context: BrowserContext;
  close(): Promise<void>;
}

/** A headless Chromium with an empty profile. */
export async function startBrowser(executablePath: string, options: BrowserContextOptions = {}): Promise<Browser> {
  const profile = await mkdtemp(join(tmpdir(), "sheaf-browser-"));
  const context = await chromium.launchPersistentContext(profile, { executablePath, args: FLAGS, ...options });
  const close = async (): Promise<void> => {
    await context.close();
    await rm(profile, { recursive: true, force: true, maxRetries: 3 });
  };
  return { context, close };
}

/**
 * Waits until an expression holds in a page. Not by `waitForFunction`, which asks again by `eval`: a page's security
 * policy may forbid that, so that it works only where nothing is to be waited for.
 */
export async function untilHolds(page: Page, expression: string): Promise<void> {
  await until(async () => ((await page.evaluate<unknown>(expression)) === true ? true : undefined), expression);
}
