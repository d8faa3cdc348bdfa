import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect } from "chai";
import { ROOT } from "../../lib/root.ts";

describe("scripts/deploy.ts", function () {
  this.timeout(300_000);

  it("deploys by `npx hardhat run`, as docs/contracts.md has it, and ends", async () => {
    const documented = /^npx hardhat run scripts\/deploy\.ts/m.exec(
      await readFile(join(ROOT, "docs", "contracts.md"), "utf8"),
    );
    const [program, ...args] = documented![0].split(" ");
    const { stdout } = await promisify(execFile)(program!, args, { cwd: ROOT });
    const { chainId, sizes, rollup } = JSON.parse(stdout.slice(stdout.indexOf("{"))) as Record<string, unknown>;
    expect(chainId).to.equal(31337);
    expect(sizes).to.have.nested.property("[0].setup", "development-INSECURE");
    expect(rollup).to.match(/^0x[0-9a-fA-F]{40}$/);
  });
});
