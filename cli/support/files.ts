import { readFile } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { SheafError } from "../../protocol/errors.ts";
import { writeAllWhole } from "../../prover/cache.ts";

/** Reads a user's text file. Throws `FILE_UNREADABLE`. */
export async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw new SheafError("FILE_UNREADABLE", `cannot read ${path}: ${reasonOf(cause)}`, { cause });
  }
}

/** Reads a user's JSON file. Throws `FILE_UNREADABLE` or `JSON_MALFORMED`. */
export async function readJson(path: string): Promise<unknown> {
  return parseJson(path, await readText(path));
}

export function parseJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new SheafError("JSON_MALFORMED", `${path} is not JSON: ${reasonOf(cause)}`, { cause });
  }
}

/** Writes one file, whole or not at all. Throws `FILE_UNWRITABLE`. */
export async function writeText(path: string, text: string): Promise<void> {
  await writeAllWhole(dirname(path), { [basename(path)]: text });
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
