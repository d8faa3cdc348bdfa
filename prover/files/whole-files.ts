import { createHash, randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { lstat, mkdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { errorText } from "../../lib/error-text.ts";
import { SheafError } from "../../protocol/errors.ts";
import { unwritable } from "./unwritable.ts";

/** Name of the file in each cached folder that says what the others are. */
export const MANIFEST = "manifest.json";

/**
 * Makes a folder whole or not at all: it is filled beside its place and moved there at the end. If another process was
 * first, that one's folder stays.
 *
 * @returns whether this call made it
 * @throws SheafError FILE_UNWRITABLE, and what `fill` throws
 */
export async function ensureFolder(path: string, fill: (draft: string) => Promise<void>): Promise<boolean> {
  if (await exists(path)) return false;
  const draft = join(dirname(path), `.${basename(path)}-${randomUUID()}`);
  try {
    await mkdir(draft, { recursive: true });
    await fill(draft);
    await rename(draft, path);
    return true;
  } catch (error) {
    if (isNodeError(error) && (error.code === "ENOTEMPTY" || error.code === "EEXIST")) return false;
    throw unwritable(path, error);
  } finally {
    await rm(draft, { recursive: true, force: true }).catch(() => undefined);
  }
}

/** Writes a file whole or not at all, into a folder that is made if needed. Throws `FILE_UNWRITABLE`. */
export async function writeWhole(path: string, content: string): Promise<void> {
  await replaceWhole(path, (draft) => writeFile(draft, content));
}

/**
 * Writes files into a folder, which is made if needed, all or none: each is written beside its place first, and moved
 * there when all are whole.
 *
 * @throws SheafError FILE_UNWRITABLE
 */
export async function writeAllWhole(folder: string, contents: Readonly<Record<string, string>>): Promise<void> {
  const drafts = await Promise.all(
    Object.entries(contents).map(async ([name, content]) => ({ ...(await draftOf(join(folder, name))), content })),
  );
  try {
    await mkdir(folder, { recursive: true });
    for (const { draft, content } of drafts) await writeFile(draft, content);
    for (const { move } of drafts) await move();
  } catch (error) {
    const reason = errorText(error);
    throw new SheafError("FILE_UNWRITABLE", `cannot write to ${folder}: ${reason}`, { cause: error });
  } finally {
    for (const { discard } of drafts) await discard();
  }
}

/** Lets `write` fill a file beside its place, and moves it there at the end. Throws `FILE_UNWRITABLE`, and what `write` throws. */
export async function replaceWhole<T>(path: string, write: (draft: string) => Promise<T>): Promise<T> {
  const { draft, move, discard } = await draftOf(path);
  try {
    await mkdir(dirname(path), { recursive: true });
    const result = await write(draft);
    await move();
    return result;
  } catch (error) {
    throw unwritable(path, error);
  } finally {
    await discard();
  }
}

/**
 * Where a file is written first, how it comes to its place, and what removes what did not. A link, a pipe or a device, such
 * as /dev/stdout, is written to as it is: a file that is moved there would take its place.
 */
async function draftOf(path: string) {
  const there = await lstat(path).catch(() => undefined);
  const isReplaced = there === undefined || there.isFile() || there.isDirectory();
  if (!isReplaced) return { draft: path, move: async () => undefined, discard: async () => undefined };
  const draft = join(dirname(path), `.${basename(path)}.${process.pid}.tmp`);
  return {
    draft,
    move: () => rename(draft, path),
    discard: () => rm(draft, { force: true }).catch(() => undefined),
  };
}

/** The SHA-256 of a file as 64 hexadecimal digits. */
export async function sha256File(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash);
  return hash.digest("hex");
}

/**
 * Reads a folder's manifest.
 *
 * @throws SheafError ARTIFACT_CORRUPT if it is missing or no JSON object
 */
export async function readManifest<T>(folder: string): Promise<T> {
  try {
    const manifest: unknown = JSON.parse(await readFile(join(folder, MANIFEST), "utf8"));
    if (typeof manifest !== "object" || manifest === null) throw new TypeError("it is not an object");
    return manifest as T;
  } catch (error) {
    throw new SheafError("ARTIFACT_CORRUPT", `${folder} has no readable ${MANIFEST}`, { cause: error });
  }
}

/** @throws SheafError ARTIFACT_CORRUPT if a file is missing or has another SHA-256 than `hashes` says */
export async function checkFiles(folder: string, hashes: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, expected] of Object.entries(hashes)) {
    const path = join(folder, name);
    const actual = await sha256File(path).catch(() => "missing");
    if (actual !== expected) {
      throw new SheafError("ARTIFACT_CORRUPT", `${path} is ${actual}; ${MANIFEST} beside it says ${expected}`);
    }
  }
}

export const toJson = (value: unknown): string => `${JSON.stringify(value, undefined, 2)}\n`;

export const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

function isNodeError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "code" in error;
}
