// What `./sheaf test` does. Usage: index.ts TEST-RUN-AS-JSON
import { describeError } from "../../cli/support/failure.ts";
import { say } from "../../cli/support/output.ts";
import { SheafError } from "../../protocol/errors.ts";
import { runTests, type TestRun } from "./run.ts";

try {
  if (!(await runTests(JSON.parse(process.argv[2]!) as TestRun))) process.exitCode = 1;
} catch (error) {
  if (!(error instanceof SheafError)) throw error;
  say(describeError(error, false));
  process.exitCode = 1;
}
