import { execFile } from "node:child_process";
import { rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";
import { buildContracts } from "../../fixture/build.ts";
import { ROOT } from "../../prover/root.ts";

// Makes what `npm pack` packs, in `dist`: Node strips no types in node_modules, and browsers lack what circomlibjs imports.
const { resolve } = createRequire(import.meta.url);
const dist = join(ROOT, "dist");

await rm(dist, { recursive: true, force: true });
await buildContracts();
await promisify(execFile)(process.execPath, [resolve("typescript/bin/tsc"), "-p", "tsconfig.package.json"], {
  cwd: ROOT,
});
await build({
  entryPoints: [join(ROOT, "protocol", "poseidon.ts")],
  outfile: join(dist, "browser", "poseidon.js"),
  bundle: true,
  minify: true,
  format: "esm",
  platform: "browser",
  // The one module that is used; the package's index imports parts of Node that browsers lack.
  alias: { circomlibjs: join(dirname(resolve("circomlibjs")), "..", "src", "poseidon_wasm.js") },
});
