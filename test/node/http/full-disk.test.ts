import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { expect } from "chai";
import { runProgram } from "../../support/cli.ts";

const ROOT = resolve(import.meta.dirname, "../../..");
const moduleOf = (path: string): string => JSON.stringify(pathToFileURL(join(ROOT, path)).href);

/** Looks three times, a minute apart: before the process may write no more to any file, then, and when it may again. */
const SCRIPT = `
  import { execFileSync } from "node:child_process";
  import { diskCheck } from ${moduleOf("node/http/health.ts")};
  import { Pool } from ${moduleOf("node/pool/pool.ts")};

  const limit = (bytes) => execFileSync("prlimit", ["--pid", String(process.pid), \`--fsize=\${bytes}:\`]);
  // Without this the limit ends the process.
  process.on("SIGXFSZ", () => undefined);
  const pool = await Pool.open(process.argv[1], 1, "0x00");
  let now = 0;
  const check = diskCheck(pool, { now: () => now, elapsed: () => now, pause: async () => undefined });
  const told = [];
  for (const bytes of ["unlimited", 1, "unlimited"]) {
    limit(bytes);
    told.push((await check()) ?? null);
    now += 60_000;
  }
  limit("unlimited");
  process.stdout.write(JSON.stringify(told));
`;

describe("health of a node whose disk is full", () => {
  before(function () {
    if (process.platform !== "linux") this.skip();
  });

  it("says so, and does not any more when there is room", async () => {
    const folder = await mkdtemp(join(tmpdir(), "sheaf-full-"));
    try {
      const args = ["--input-type=module", "--eval", SCRIPT, join(folder, "node.db")];
      const { exitCode, stdout, stderr } = await runProgram(process.execPath, args);
      expect(exitCode, stderr).to.equal(0);
      const [before, full, after] = JSON.parse(stdout) as { what: string; why: string; isVital: boolean }[];
      expect([before, after]).to.deep.equal([null, null]);
      expect(full).to.include({ what: "disk", isVital: true });
      expect(full!.why).to.match(/^nothing can be kept: /);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
