import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { install, INSTALLATIONS } from "../../scripts/test/installations.ts";

// Three of the installations of `./sheaf test --long`: the user's Node.js is too old, or new enough; npm hands settings
// down, or is told much by its user.
describe("installation in a fresh clone", function () {
  this.timeout(600_000);
  let cache: string;
  before(async () => {
    cache = await mkdtemp(join(tmpdir(), "sheaf-npm-cache-"));
  });
  after(() => rm(cache, { recursive: true, force: true }));

  const [oldest] = INSTALLATIONS;
  const handsDown = INSTALLATIONS.find(({ npm, node }) => npm === "12.0.2" && node === "26.10.0");
  for (const installation of [oldest!, handsDown!, INSTALLATIONS.at(-1)!]) {
    const { npm, node, npmrc = [] } = installation;
    it(`works under npm ${npm} and Node.js ${node}${npmrc.length === 0 ? "" : ", whatever .npmrc says"}`, async () => {
      const { succeeded, output } = await install(installation, cache);
      expect(succeeded, output).to.equal(true);
    });
  }
});
