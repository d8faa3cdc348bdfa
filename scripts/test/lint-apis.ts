import { readFile } from "node:fs/promises";
import { createConfig, formatProblems, getTotals, lintFromString } from "@redocly/openapi-core";
import { nodeOpenApi } from "../../node/http/routes.ts";
import { proverOpenApi } from "../../prover/service/server.ts";

// Lints the services' OpenAPI documents, or those in files that are named.

const config = await createConfig({
  extends: ["recommended-strict"],
  // Documents of services are at their services: the server "/" is right.
  rules: { "no-server-trailing-slash": "off" },
});
const files = process.argv.slice(2);
const documents: readonly (readonly [name: string, source: string])[] =
  files.length === 0
    ? [
        ["node", JSON.stringify(await nodeOpenApi(), undefined, 2)],
        ["prover service", JSON.stringify(await proverOpenApi(), undefined, 2)],
      ]
    : await Promise.all(files.map(async (file) => [file, await readFile(file, "utf8")] as const));
for (const [absoluteRef, source] of documents) {
  const problems = await lintFromString({ source, absoluteRef, config });
  formatProblems(problems, { totals: getTotals(problems), format: "stylish" });
  if (problems.length > 0) process.exitCode = 1;
}
