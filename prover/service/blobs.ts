import { createHash, randomUUID } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { SheafError } from "../../protocol/errors.ts";
import { unwritable } from "../files/unwritable.ts";
import { exists } from "../files/whole-files.ts";

/** What came, whole, in a file of its own: nobody else knows it yet. */
export interface Draft {
  readonly sha256: string;
  readonly path: string;
}

/** Files by the SHA-256 of their content, in one folder. */
export class Blobs {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  path(sha256: string): string {
    return join(this.#folder, sha256);
  }

  has(sha256: string): Promise<boolean> {
    return exists(this.path(sha256));
  }

  /**
   * Takes in what a stream gives, whole or not at all. `keep` or `discard` must follow.
   *
   * @throws SheafError BODY_TOO_LARGE as soon as there are more bytes than `limit`; FILE_UNWRITABLE, as for a full disk;
   * ARTIFACT_CORRUPT if the content has another SHA-256 than `expected`
   */
  async receive(
    source: Readable,
    { limit, expected }: { readonly limit: number; readonly expected?: string },
  ): Promise<Draft> {
    const hash = createHash("sha256");
    let bytes = 0;
    const measure = async function* (chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
      for await (const chunk of chunks) {
        bytes += chunk.length;
        if (bytes > limit) throw new SheafError("BODY_TOO_LARGE", `there are more than ${limit} bytes`);
        hash.update(chunk);
        yield chunk;
      }
    };
    const path = join(this.#folder, `${DRAFT}${randomUUID()}`);
    try {
      await mkdir(this.#folder, { recursive: true });
      await pipeline(source, measure, createWriteStream(path, { flush: true }));
      const sha256 = hash.digest("hex");
      if (expected === undefined || sha256 === expected) return { sha256, path };
      throw new SheafError("ARTIFACT_CORRUPT", `what came for ${expected} has the SHA-256 ${sha256}`);
    } catch (error) {
      await rm(path, { force: true });
      throw unwritable(this.#folder, error);
    }
  }

  /** Puts the received bytes into their place. Throws `FILE_UNWRITABLE`. */
  async keep({ sha256, path }: Draft): Promise<void> {
    await rename(path, this.path(sha256)).catch((error: unknown) => {
      throw unwritable(this.#folder, error);
    });
  }

  /** Deletes the received bytes, unless they were kept. */
  async discard({ path }: Draft): Promise<void> {
    await rm(path, { force: true });
  }

  /** Deletes what processes that were killed left behind: drafts that nothing was written to for some milliseconds. */
  async discardAbandoned(age: number): Promise<void> {
    for (const name of await readdir(this.#folder).catch(() => [])) {
      const path = join(this.#folder, name);
      const written = name.startsWith(DRAFT) ? await stat(path).catch(() => undefined) : undefined;
      if (written !== undefined && written.mtimeMs <= Date.now() - age) await rm(path, { force: true });
    }
  }

  async remove(sha256: string): Promise<void> {
    await rm(this.path(sha256), { force: true });
  }
}

const DRAFT = ".";
