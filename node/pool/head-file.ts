import { createHash } from "node:crypto";
import {
  closeSync,
  existsSync,
  fdatasyncSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { SheafError } from "../../protocol/errors.ts";

/** The last accepted operation: its number, and the hash of it and all before it. */
export interface Head {
  readonly sequence: number;
  readonly hash: string;
}

/** Before any operation was accepted. */
export const NO_HEAD: Head = { sequence: 0, hash: "" };

/** Characters of an entry: a line with its own checksum. Two take turns, so that one is whole whatever is cut off. */
const ENTRY = 160;

/** The hash of all accepted operations up to one. */
export const hashAfter = (before: string, id: string): string =>
  createHash("sha256").update(`${before}/${id}`).digest("hex");

/** Beside the database that it speaks of. */
export const headPathOf = (database: string): string => `${database}-head`;

/**
 * The head of the chain of accepted operations, in a small file of its own beside the database. An acknowledged operation
 * is in both: so a database that lost its end, as when its journal was cut, is found out.
 */
export class HeadFile {
  readonly path: string;
  readonly #file: number;
  /** Which of the two entries is written next: never the newest. */
  #turn: number;

  /**
   * Opens the file. Where there is none it is made with a head, and is whole from the first moment that it is there.
   * Throws `FILE_UNWRITABLE`.
   */
  constructor(path: string, head: Head) {
    this.path = path;
    this.#turn = 0;
    this.#file = guarded(path, () => {
      if (!existsSync(path)) makeFile(path, entryOf(head).repeat(2));
      return openSync(path, "r+");
    });
    const [first] = headIn(guarded(path, () => readFileSync(path, "latin1")).slice(0, ENTRY));
    if (first?.sequence === HeadFile.read(path)?.sequence) this.#turn = 1;
  }

  /**
   * `undefined` where there is no file.
   *
   * @throws SheafError NODE_DATA_INCOMPLETE for one that is damaged
   */
  static read(path: string): Head | undefined {
    if (!existsSync(path)) return undefined;
    const text = guarded(path, () => readFileSync(path, "latin1"));
    const heads = [text.slice(0, ENTRY), text.slice(ENTRY)].flatMap(headIn);
    const [newest] = heads.toSorted((a, b) => b.sequence - a.sequence);
    if (newest !== undefined) return newest;
    throw new SheafError("NODE_DATA_INCOMPLETE", `${path} is damaged: it no longer says what was acknowledged`);
  }

  /** It is on the disk when this returns. */
  write(head: Head): void {
    guarded(this.path, () => {
      writeSync(this.#file, entryOf(head), this.#turn * ENTRY, "latin1");
      fdatasyncSync(this.#file);
      this.#turn = 1 - this.#turn;
    });
  }

  close(): void {
    closeSync(this.#file);
  }
}

function guarded<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw new SheafError("FILE_UNWRITABLE", `${path}: ${(cause as Error).message}`, { cause });
  }
}

/** The file and its name are on the disk when this returns. */
function makeFile(path: string, content: string): void {
  const draft = `${path}.new`;
  const file = openSync(draft, "w", 0o600);
  writeSync(file, content);
  fsyncSync(file);
  closeSync(file);
  renameSync(draft, path);
  const folder = openSync(dirname(path), "r");
  fsyncSync(folder);
  closeSync(folder);
}

const checksumOf = (line: string): string => createHash("sha256").update(line).digest("hex").slice(0, 16);

function entryOf({ sequence, hash }: Head): string {
  const line = `${sequence} ${hash}`;
  return `${line} ${checksumOf(line)}`.padEnd(ENTRY - 1) + "\n";
}

/** Before any operation was accepted the hash is empty. */
function headIn(entry: string): readonly Head[] {
  const [sequence = "", hash = "", checksum] = entry.trim().split(" ");
  return checksum === checksumOf(`${sequence} ${hash}`) ? [{ sequence: Number(sequence), hash }] : [];
}
