// Checks types, style and documents, all or those of a kind: see CONTRIBUTING.md.
// Usage: check.ts [types|lint|format]
import { run } from "./process.ts";
import { CHECKS, CONTRACTS } from "./steps.ts";

const kind = process.argv[2];
const checks = CHECKS.filter((check) => kind === undefined || check.kind === kind);
// Types of contracts are made with them.
for (const step of [...(kind === "format" ? [] : [CONTRACTS]), ...checks]) {
  const { succeeded } = await run(step);
  process.stdout.write(`${succeeded ? "ok    " : "FAILED"} ${step.name}\n`);
  if (!succeeded) process.exitCode = 1;
}
