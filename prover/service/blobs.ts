import { createHash, randomUUID } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { SheafError } from "../../protocol/errors.ts";
import { exists } from "../cache.ts";

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
   * Keeps what a stream gives, whole or not at all. Returns its SHA-256.
   *
   * @throws SheafError BODY_TOO_LARGE as soon as there are more bytes than `limit`; FILE_UNWRITABLE, as for a full disk;
   * ARTIFACT_CORRUPT if the content has another SHA-256 than `expected`
   */
  async put(source: Readable, { limit, expected }: { limit: number; expected?: string }): Promise<string> {
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
    const draft = join(this.#folder, `.${randomUUID()}`);
    try {
      await mkdir(this.#folder, { recursive: true });
      await pipeline(source, measure, createWriteStream(draft, { flush: true }));
      const sha256 = hash.digest("hex");
      if (expected !== undefined && sha256 !== expected) {
        throw new SheafError("ARTIFACT_CORRUPT", `what came for ${expected} has the SHA-256 ${sha256}`);
      }
      await rename(draft, this.path(sha256));
      return sha256;
    } catch (error) {
      throw fileError(this.#folder, error);
    } finally {
      await rm(draft, { force: true });
    }
  }

  async remove(sha256: string): Promise<void> {
    await rm(this.path(sha256), { force: true });
  }
}

/** Errors of the disk get a code; a source that broke off keeps its own. */
export function fileError(folder: string, error: unknown): unknown {
  const reason = (error as NodeJS.ErrnoException).code ?? "";
  if (!["ENOSPC", "EDQUOT", "EFBIG", "EROFS", "EACCES", "EPERM", "ENOTDIR", "EIO"].includes(reason)) return error;
  return new SheafError("FILE_UNWRITABLE", `cannot write to ${folder}: ${reason}`, { cause: error });
}
