import { cpSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Database } from "../../node/store/database.ts";
import { SheafError } from "../../protocol/errors.ts";

/** Memory where there is such a folder: these files must outlast a node, not the machine. */
const ROOM = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();

/** Where in a write a process is killed. */
export type WritePoint = "before" | "within" | "after";
export const WRITE_POINTS: readonly WritePoint[] = ["before", "within", "after"];

/** Thrown out of a write at which the process is killed. Nothing is told of it: who would hear it is dead. */
export class Killed extends Error {}

/** A folder with a node's files while one process has it, and what its disk does. */
export class Files {
  readonly path: string;
  /** Whether the disk takes nothing more. */
  isFull = false;
  writes = 0;
  /** Called at each write, and within and after it: throws `Killed` where the process ends. */
  onWrite: (point: WritePoint) => void = () => undefined;
  readonly #open = new Set<Database>();

  constructor(from?: string) {
    this.path = mkdtempSync(join(ROOM, "sheaf-simulation-"));
    if (from !== undefined) cpSync(from, this.path, { recursive: true });
    watched.set(this.path, this);
  }

  /** An image of the files as they are on the disk now, in the middle of whatever is done. */
  copy(): Files {
    return new Files(this.path);
  }

  /** Puts another copy's file in the place of the own one. */
  replace(other: Files, name: string): void {
    for (const end of ["", "-wal", "-shm"]) {
      rmSync(join(this.path, name + end), { force: true });
      if (existsSync(join(other.path, name + end))) cpSync(join(other.path, name + end), join(this.path, name + end));
    }
  }

  /** Closes what a dead process has left open, and forgets the files. */
  discard(): void {
    watched.delete(this.path);
    for (const database of this.#open) {
      try {
        database.close();
      } catch {
        // Closed already.
      }
    }
    rmSync(this.path, { recursive: true, force: true });
  }

  opened(database: Database): void {
    this.#open.add(database);
  }

  begin(path: string): void {
    this.writes++;
    this.onWrite("before");
    if (this.isFull) throw new SheafError("FILE_UNWRITABLE", `${path}: database or disk is full`);
  }
}

const watched = new Map<string, Files>();
process.once("exit", () => {
  for (const path of watched.keys()) rmSync(path, { recursive: true, force: true });
});
/** Databases in the middle of a transaction. */
const busy = new WeakSet<Database>();

const { run, transaction } = Database.prototype;

Database.prototype.transaction = function <T>(this: Database, work: () => T): T {
  const files = watched.get(dirname(this.path));
  if (files === undefined) return transaction.call(this, work) as T;
  files.opened(this);
  files.begin(this.path);
  busy.add(this);
  try {
    const result = transaction.call(this, () => {
      const done = work();
      files.onWrite("within");
      return done;
    }) as T;
    files.onWrite("after");
    return result;
  } finally {
    busy.delete(this);
  }
};

Database.prototype.run = function (this: Database, ...statement: Parameters<typeof run>): void {
  const files = busy.has(this) ? undefined : watched.get(dirname(this.path));
  files?.begin(this.path);
  run.apply(this, statement);
  files?.onWrite("after");
};
