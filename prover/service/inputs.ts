import { mkdir, rm, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { Blobs, fileError } from "./blobs.ts";

/** What was submitted, by its SHA-256, until the last job that needs it is finished: also over a restart. */
export class Inputs {
  readonly #folder: string;
  readonly #blobs: Blobs;

  constructor(folder: string) {
    this.#folder = folder;
    this.#blobs = new Blobs(join(folder, "inputs"));
  }

  path(sha256: string): string {
    return this.#blobs.path(sha256);
  }

  has(sha256: string): Promise<boolean> {
    return this.#blobs.has(sha256);
  }

  /** Returns the content's SHA-256. `keepFor` must follow. Throws as `Blobs.put`. */
  put(source: Readable, limit: number): Promise<string> {
    return this.#blobs.put(source, { limit });
  }

  /** Keeps an input for a job. Throws `FILE_UNWRITABLE`. */
  async keepFor(sha256: string, job: string): Promise<void> {
    const users = this.#usersOf(sha256);
    try {
      await mkdir(users, { recursive: true });
      await writeFile(join(users, job), "");
    } catch (error) {
      throw fileError(users, error);
    }
  }

  /** Deletes an input, unless another job needs it. */
  async forget(sha256: string, job?: string): Promise<void> {
    const users = this.#usersOf(sha256);
    if (job !== undefined) await rm(join(users, job), { force: true });
    try {
      await rmdir(users);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") return;
    }
    await this.#blobs.remove(sha256);
  }

  /** A folder with an empty file for each job. */
  #usersOf(sha256: string): string {
    return join(this.#folder, "users", sha256);
  }
}
