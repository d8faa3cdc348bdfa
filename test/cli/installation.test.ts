import { expect } from "chai";
import { install, INSTALLATIONS } from "../../scripts/test/installations.ts";
import { SEED } from "../support/seed.ts";

// One, by the seed, of three installations of `./sheaf test --long`: the user's Node.js is too old, or new enough; npm hands
// settings down, or is told much by its user. Each takes a minute of processor.
describe("installation in a fresh clone", function () {
  this.timeout(600_000);
  const [oldest] = INSTALLATIONS;
  const handsDown = INSTALLATIONS.find(({ npm, node }) => npm === "12.0.2" && node === "26.10.0");
  const all = [oldest!, handsDown!, INSTALLATIONS.at(-1)!];
  const installation = all[SEED % all.length]!;
  const { npm, node, npmrc = [] } = installation;
  it(`works under npm ${npm} and Node.js ${node}${npmrc.length === 0 ? "" : ", whatever .npmrc says"}`, async () => {
    const { succeeded, output } = await install(installation);
    expect(succeeded, output).to.equal(true);
  });
});
