import { resolve } from "node:path";

/** The repository's folder, whatever folder the command is run from. */
export const ROOT = resolve(import.meta.dirname, "../..");
