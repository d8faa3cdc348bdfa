import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { deploymentOptions } from "../../cli/deploy.ts";
import { startProductionSetup, verifyProductionKey } from "../../cli/setup.ts";
import { cachedVerificationKey, proverKeys } from "../../cli/support/keys.ts";
import { BATCH_SIZES } from "../../protocol/constants.ts";
import type { ErrorCode } from "../../protocol/errors.ts";
import { ensureKeys } from "../../prover/artifacts/artifacts.ts";
import { requireFolder } from "../../prover/files/text-files.ts";
import { expectCode } from "../support/errors.ts";
import { newFolder } from "../support/folders.ts";

/** To compile it takes many minutes, which these tests do not have. */
const LARGEST = BATCH_SIZES.at(-1)!;

describe("what can be known at once is looked at before what takes its time", () => {
  const nowhere = join(newFolder(), "nothing");
  const CASES: readonly (readonly [what: string, code: ErrorCode, work: () => Promise<unknown>])[] = [
    ["a production key, by whoever verifies", "KEY_MISSING", () => cachedVerificationKey(LARGEST, true)],
    ["a production key, by whoever proves", "KEY_MISSING", () => ensureKeys(LARGEST, { setup: "production" })],
    ["a key that is named", "FILE_UNREADABLE", () => proverKeys(LARGEST, { key: nowhere })],
    ["powers of tau", "FILE_UNREADABLE", () => startProductionSetup([LARGEST], { ptau: nowhere })],
    ["a ceremony's key", "FILE_UNREADABLE", () => verifyProductionKey(LARGEST, { key: nowhere, ptau: nowhere })],
  ];
  for (const [what, code, work] of CASES) {
    it(`${what}, before the circuit is compiled`, async () => {
      expect((await expectCode(code, work)).message).to.match(/no production key|nothing/);
    });
  }

  it("the folder of a result, before it is made", async () => {
    const file = join(newFolder(), "file");
    writeFileSync(file, "");
    await expectCode("FILE_UNWRITABLE", () => requireFolder(join(file, "folder")));
    const outer = newFolder();
    await requireFolder(join(outer, "a", "b"));
    expect(readdirSync(outer)).to.deep.equal([]);
    await requireFolder(outer);
    expect(existsSync(outer)).to.equal(true);
    const options = { network: "http://127.0.0.1:9", out: join(file, "rollup.json") };
    await expectCode("FILE_UNWRITABLE", () => deploymentOptions([LARGEST], options));
  });
});
