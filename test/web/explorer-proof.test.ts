import { expect } from "chai";
import type { Page } from "playwright-core";
import { ExplorerPages } from "../support/web/explorer-pages.ts";

/** An answer of the node's as JSON: only what is edited. */
interface Answer {
  index: number;
  root: string;
  balance: string;
  account: { balance: string; nonce: number; pubKeyY: string } | null;
  siblings: string[][];
}
type Edit = (answer: Answer) => void;

const ACCOUNT = "/accounts/5";
const PROOF = "/accounts/5/proof";
const BATCH = "/batches/30";
const LED_ASTRAY = "it does not lead to the root after batch 30";
const OF_ANOTHER = "it is of another owner, balance or nonce";

/** What a node may answer of account 5 in place of the truth, and what the page says of it. */
const LIES: readonly [what: string, edits: Readonly<Record<string, Edit>>, said: string][] = [
  [
    "shows and proves a balance that nobody has",
    {
      [ACCOUNT]: (answer) => (answer.balance = "7"),
      [PROOF]: ({ account }) => (account!.balance = "7"),
    },
    LED_ASTRAY,
  ],
  ["edits a sibling", { [PROOF]: ({ siblings }) => (siblings[10]![6] = "7") }, LED_ASTRAY],
  [
    "makes up a root",
    { [PROOF]: (answer) => (answer.root = "7"), [BATCH]: (answer) => (answer.root = "7") },
    LED_ASTRAY,
  ],
  ["proves the state of no batch", { [BATCH]: (answer) => (answer.root = "7") }, "batch 30 led to another root"],
  ["proves less than it shows", { [ACCOUNT]: (answer) => (answer.balance = "7") }, OF_ANOTHER],
  ["proves another nonce", { [PROOF]: ({ account }) => (account!.nonce += 1) }, OF_ANOTHER],
  ["proves another key", { [PROOF]: ({ account }) => (account!.pubKeyY = "7") }, OF_ANOTHER],
  ["proves that nothing is there", { [PROOF]: (answer) => (answer.account = null) }, OF_ANOTHER],
];

describe("explorer's proofs", () => {
  const pages = ExplorerPages.forSuite();
  let page: Page;

  const right = "Checked in this page: this account, with this balance and nonce, is in the state after batch 30.";

  it("are checked in the page", async () => {
    page = await pages.open(ACCOUNT);
    await page.getByText(right).waitFor();
    const panel = page.getByRole("region", { name: "Merkle proof" });
    await panel.getByText(pages.world.tree.root.toString(), { exact: true }).waitFor();
    await panel.getByTitle(pages.world.batches[29]!.l1!.transaction).waitFor();
    await panel.getByText("The path, from the leaf to the root").click();
    const path = panel.getByRole("table", { name: "Nodes of the path" });
    expect(await path.getByRole("row").count()).to.equal(13);
    const last = path.getByRole("row").last().locator("code");
    expect(await last.getAttribute("title")).to.equal(pages.world.tree.root.toString());
  });

  it("are called wrong where the node lies", async () => {
    page = await pages.open("/nowhere");
    const go = (path: string): Promise<void> => page.evaluate(`location.hash = "#${path}"`);
    for (const [what, edits, said] of LIES) {
      for (const [path, edit] of Object.entries(edits)) await answerFalsely(path, edit);
      await go(ACCOUNT);
      const alert = page.getByRole("alert");
      expect(await alert.textContent(), what).to.equal(`The proof is wrong: ${said}. Do not trust this node.`);
      expect(await page.getByText("Checked in this page").count(), what).to.equal(0);
      await page.unrouteAll({ behavior: "wait" });
      await go("/nowhere");
      await alert.waitFor({ state: "detached" });
    }
  });

  it("are called wrong where the node proves another account", async () => {
    const { proof } = pages.world;
    pages.world.proof = () => proof.call(pages.world, 6);
    page = await pages.open(ACCOUNT);
    const alert = page.getByRole("alert");
    expect(await alert.textContent()).to.equal("The proof is wrong: it is of account 6. Do not trust this node.");
  });

  it("are asked for again when L1 has taken a batch between two answers", async () => {
    const now = pages.world.proof(5);
    const before = { ...now, account: { ...now.account!, nonce: now.account!.nonce - 1 } };
    const answers = [before, before];
    pages.world.proof = () => answers.pop() ?? now;
    page = await pages.open(ACCOUNT);
    await page.getByText(right).waitFor();
    expect(answers).to.deep.equal([]);
  });

  it("are of an empty leaf until a batch has opened the account", async () => {
    const { pubKeyY, l1Address } = pages.world.accounts[0]!;
    const pending = { balance: 9n, nonce: 0 };
    pages.world.accounts.push({
      index: 77,
      pubKeyY,
      l1Address,
      token: 1,
      balance: 0n,
      nonce: 0,
      pending,
      final: false,
    });
    page = await pages.open("/accounts/77");
    await page.getByText("Checked in this page: an empty leaf is in the state after batch 30.").waitFor();
  });

  async function answerFalsely(path: string, edit: Edit): Promise<void> {
    await page.route(`${pages.node.url}${path}`, async (route) => {
      const response = await route.fetch();
      const answer = (await response.json()) as Answer;
      edit(answer);
      await route.fulfill({ response, json: answer });
    });
  }
});
