import { closeSync, fdatasyncSync, openSync, readFileSync, writeSync } from "node:fs";
import { createHash } from "node:crypto";
import { SheafError } from "../../protocol/errors.ts";

/** The last accepted operation: its number, and the hash of it and all before it. */
export interface Head {
  readonly sequence: number;
  readonly hash: string;
}

/** Characters of an entry: a line with its own checksum. Two take turns, so that one is whole whatever is cut off. */
const ENTRY = 160;

/** The hash of all accepted operations up to one. */
export const hashAfter = (before: string, id: string): string =>
  createHash("sha256").update(`${before}/${id}`).digest("hex");

/**
 * The head of the chain of accepted operations, in a small file of its own beside the database. What was acknowledged is in
 * both: so a database that lost its end, as when its journal was cut, is found out.
 */
export class HeadFile {
  readonly path: string;
  readonly #file: number;
  #turn = 0;

  /** Throws `FILE_UNWRITABLE`. */
  constructor(path: string) {
    this.path = path;
    this.#file = this.#guarded(() => openSync(path, "a+", 0o600));
    closeSync(this.#file);
    this.#file = this.#guarded(() => openSync(path, "r+"));
  }

  /** `undefined` where nothing was written yet, or nothing that is whole. */
  read(): Head | undefined {
    const text = this.#guarded(() => readFileSync(this.path, "latin1"));
    const heads = [text.slice(0, ENTRY), text.slice(ENTRY)].flatMap(headIn);
    return heads.toSorted((a, b) => b.sequence - a.sequence)[0];
  }

  /** It is on the disk when this returns. */
  write({ sequence, hash }: Head): void {
    const line = `${sequence} ${hash}`;
    const entry = `${line} ${checksumOf(line)}`.padEnd(ENTRY - 1) + "\n";
    this.#guarded(() => {
      writeSync(this.#file, entry, this.#turn * ENTRY, "latin1");
      fdatasyncSync(this.#file);
      this.#turn = 1 - this.#turn;
    });
  }

  close(): void {
    closeSync(this.#file);
  }

  #guarded<T>(work: () => T): T {
    try {
      return work();
    } catch (cause) {
      throw new SheafError("FILE_UNWRITABLE", `${this.path}: ${(cause as Error).message}`, { cause });
    }
  }
}

const checksumOf = (line: string): string => createHash("sha256").update(line).digest("hex").slice(0, 16);

function headIn(entry: string): readonly Head[] {
  const [sequence = "", hash = "", checksum] = entry.trim().split(" ");
  return checksum === checksumOf(`${sequence} ${hash}`) ? [{ sequence: Number(sequence), hash }] : [];
}
