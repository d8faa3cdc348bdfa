import { execFile } from "node:child_process";
import { rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { promisify } from "node:util";
import { buildContracts } from "../../fixture/build.ts";
import { ROOT } from "../../lib/root.ts";

// Makes what `npm pack` packs, in `dist`: Node does not strip types in node_modules. `npm pack` runs it, by `./sheaf prepack`.
const { resolve } = createRequire(import.meta.url);
const dist = join(ROOT, "dist");

await rm(dist, { recursive: true, force: true });
await buildContracts();
await promisify(execFile)(process.execPath, [resolve("typescript/bin/tsc"), "-p", "tsconfig.package.json"], {
  cwd: ROOT,
});
