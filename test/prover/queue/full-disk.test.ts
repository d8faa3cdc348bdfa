import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { expect } from "chai";
import { runProgram } from "../../support/cli.ts";
import { newFolder } from "../../support/folders.ts";

const QUEUE = pathToFileURL(resolve(import.meta.dirname, "../../../prover/queue/open-queue.ts")).href;

/** Asks three times whether the queue answers: before the process may write no more to any file, then, and after it. */
const SCRIPT = `
  import { execFileSync } from "node:child_process";
  import { openQueue } from "${QUEUE}";

  const limit = (bytes) => execFileSync("prlimit", ["--pid", String(process.pid), \`--fsize=\${bytes}:\`]);
  // Without this the limit ends the process.
  process.on("SIGXFSZ", () => undefined);
  const queue = await openQueue(\`sqlite:\${process.argv[1]}/queue.db\`);
  const told = [];
  for (const bytes of ["unlimited", 1, "unlimited"]) {
    limit(bytes);
    told.push(await queue.ping().then(() => "answers", ({ code }) => code));
  }
  process.stdout.write(told.join());
`;

describe("job queue on SQLite when the disk is full", () => {
  before(function () {
    if (process.platform !== "linux") this.skip();
  });

  it("says so, and answers again when there is room", async () => {
    const args = ["--input-type=module", "--eval", SCRIPT, newFolder()];
    const { stdout, stderr } = await runProgram(process.execPath, args);
    expect(stdout, stderr).to.equal("answers,QUEUE_UNREACHABLE,answers");
  });
});
