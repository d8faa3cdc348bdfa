import { mkdir, readdir, rm, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { unwritable } from "../files/unwritable.ts";
import { Blobs, type Draft } from "./blobs.ts";

/** What was submitted, by its SHA-256, until the last job that needs it is finished: also over a restart. */
export class Inputs {
  readonly #users: string;
  readonly #blobs: Blobs;

  constructor(folder: string) {
    this.#users = join(folder, "users");
    this.#blobs = new Blobs(join(folder, "inputs"));
  }

  path(sha256: string): string {
    return this.#blobs.path(sha256);
  }

  has(sha256: string): Promise<boolean> {
    return this.#blobs.has(sha256);
  }

  /** Takes in what a stream gives. `discard` must follow, also after `keepFor`. Throws as `Blobs.receive`. */
  receive(source: Readable, limit: number): Promise<Draft> {
    return this.#blobs.receive(source, { limit });
  }

  discard(draft: Draft): Promise<void> {
    return this.#blobs.discard(draft);
  }

  /** Keeps an input for a job. Throws `FILE_UNWRITABLE`. */
  async keepFor(draft: Draft, job: string): Promise<void> {
    const users = join(this.#users, draft.sha256);
    try {
      await mkdir(users, { recursive: true });
      await writeFile(join(users, job), "");
    } catch (error) {
      throw unwritable(users, error);
    }
    await this.#blobs.keep(draft);
  }

  /** A job does not need an input any more, which is deleted unless another does. */
  async forget(sha256: string, job: string): Promise<void> {
    // A folder with an empty file for each job.
    const users = join(this.#users, sha256);
    await rm(join(users, job), { force: true });
    try {
      await rmdir(users);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") return;
    }
    await this.#blobs.remove(sha256);
  }

  /** Inputs and the jobs that they are kept for. */
  async kept(): Promise<readonly { readonly sha256: string; readonly job: string }[]> {
    const inputs = await readdir(this.#users).catch(() => []);
    const jobs = inputs.map(async (sha256) =>
      (await readdir(join(this.#users, sha256)).catch(() => [])).map((job) => ({ sha256, job })),
    );
    return (await Promise.all(jobs)).flat();
  }

  /** Deletes what a coordinator that was killed has taken in only in part. */
  discardAbandoned(): Promise<void> {
    return this.#blobs.discardAbandoned(0);
  }
}
