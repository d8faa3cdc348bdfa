import { extname, join, resolve } from "node:path";

/** Whether this runs as compiled JavaScript, as npm packs it, and not from the repository's TypeScript. */
export const IS_PACKED = extname(import.meta.filename) === ".js";

/** The repository's folder, or the package's: compiled code stands in its `dist`. */
export const ROOT = resolve(import.meta.dirname, IS_PACKED ? "../.." : "..");

/** The folder of everything that is built. A package's can be elsewhere, where its next installation does not delete it. */
export const BUILD_FOLDER =
  IS_PACKED && process.env["SHEAF_BUILD"] ? resolve(process.env["SHEAF_BUILD"]) : join(ROOT, "build");
