import { constants } from "node:fs";
import { access, mkdir, readFile, rm } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { errorText } from "../../lib/error-text.ts";
import { SheafError } from "../../protocol/errors.ts";
import { writeAllWhole } from "./whole-files.ts";

/**
 * Reads a user's text file, in UTF-8, or in UTF-16 if a byte order mark says so, as Windows' tools write it. The mark is no
 * part of the text. Throws `FILE_UNREADABLE`.
 */
export async function readText(path: string): Promise<string> {
  try {
    const bytes = await readFile(path);
    const [first, second] = bytes;
    const isUtf16 = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
    return new TextDecoder(isUtf16 ? (first === 0xff ? "utf-16le" : "utf-16be") : "utf-8").decode(bytes);
  } catch (cause) {
    throw new SheafError("FILE_UNREADABLE", `cannot read ${path}: ${errorText(cause)}`, { cause });
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
    throw new SheafError("JSON_MALFORMED", `${path} is not JSON: ${errorText(cause)}`, { cause });
  }
}

/** Writes one file, whole or not at all. Throws `FILE_UNWRITABLE`. */
export async function writeText(path: string, text: string): Promise<void> {
  await writeAllWhole(dirname(path), { [basename(path)]: text });
}

/** Before work that takes its time. Throws `FILE_UNREADABLE`. */
export async function requireReadable(path: string): Promise<void> {
  try {
    await access(path, constants.R_OK);
  } catch (cause) {
    throw new SheafError("FILE_UNREADABLE", `cannot read ${path}: ${errorText(cause)}`, { cause });
  }
}

/** Whether a folder takes files or can be made, before work that ends with a file in it. Throws `FILE_UNWRITABLE`. */
export async function requireFolder(path: string): Promise<void> {
  try {
    const made = await mkdir(path, { recursive: true });
    await access(path, constants.W_OK);
    // The work may fail, and leaves nothing then.
    if (made !== undefined) await rm(made, { recursive: true });
  } catch (cause) {
    throw new SheafError("FILE_UNWRITABLE", `cannot write to ${path}: ${errorText(cause)}`, { cause });
  }
}
