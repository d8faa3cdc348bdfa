import { expect } from "chai";
import { ExplorerPages } from "../support/web/explorer-pages.ts";

const DAY = 86_400;

describe("explorer: a batch whose transfers are in a blob", () => {
  const pages = ExplorerPages.forSuite();
  const blob = { versionedHash: `0x01${"b1".repeat(31)}`, firstWord: 2 };

  it("says which one, how old it is, and who has it", async () => {
    const { world } = pages;
    const [, , third, fourth] = world.batches;
    world.batches[2] = { ...third!, blob, timestamp: world.now - 5 * DAY };
    world.batches[3] = { ...fourth!, fees: undefined, blob, timestamp: world.now - 20 * DAY };

    const page = await pages.open("/batches/3");
    const see = (text: string | RegExp): Promise<void> => page.getByText(text).first().waitFor();
    await see("a blob of L1, which its nodes forget after 18 days");
    await see(blob.versionedHash);
    await see("5 d ago");
    await see(/^this node, and L1's beacon nodes, until in 13 d$/);
    const link = page.getByRole("link", { name: "this node" });
    expect(await link.getAttribute("href")).to.equal(`${pages.node.url}/blobs/${blob.versionedHash}`);

    await page.getByRole("link", { name: "Batch 4 →" }).click();
    await see("archives alone; this node is not one");
    await page.getByText("Fees", { exact: true }).waitFor({ state: "detached" });
    await page.getByRole("link", { name: "Batch 5 →" }).click();
    await page.getByRole("heading", { name: "Batch 5" }).waitFor();
    await page.getByText(blob.versionedHash).waitFor({ state: "detached" });
  });
});
