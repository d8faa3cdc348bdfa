import { execFile } from "node:child_process";
import { rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { build, type BuildOptions } from "esbuild";
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
// Of circomlibjs the package needs Poseidon alone. All of it would bring other people's install scripts, which pnpm ends
// an installation over, and parts of Node that browsers lack. In browsers nothing else than the bundle itself is there.
const poseidon: BuildOptions = {
  entryPoints: [join(ROOT, "protocol", "poseidon.ts")],
  bundle: true,
  minify: true,
  format: "esm",
  alias: { circomlibjs: join(dirname(resolve("circomlibjs")), "..", "src", "poseidon_wasm.js") },
  allowOverwrite: true,
};
const packed = join(dist, "protocol", "poseidon.js");
await build({ ...poseidon, outfile: packed, platform: "node", external: ["ffjavascript"] });
await build({ ...poseidon, outfile: join(dist, "browser", "poseidon.js"), platform: "browser" });
