import { glob } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import type { ReadableStream } from "node:stream/web";
import { SheafError } from "../../protocol/errors.ts";
import type { OfFiles, Program, ProgramFile } from "../artifacts/program.ts";
import { MANIFEST, readManifest, sha256File } from "../files/whole-files.ts";
import { Blobs, type Draft } from "./blobs.ts";
import type { ProverClient } from "./client.ts";

export interface WorkerFilesOptions {
  readonly client: ProverClient;
  /** Folder for what is fetched. */
  readonly cache: string;
  /** Folders of circuits and keys that were built on this machine. */
  readonly built?: readonly string[];
}

/** Milliseconds after which nobody is at a file any more that nothing was written to: longer than a proof may take. */
const ABANDONED_MS = 24 * 60 * 60_000;

/** The files of a worker: what this machine has, and what it fetches from the coordinator. All are verified. */
export class WorkerFiles {
  readonly #client: ProverClient;
  readonly #blobs: Blobs;
  readonly #built: readonly string[];

  constructor({ client, cache, built = [] }: WorkerFilesOptions) {
    this.#client = client;
    this.#blobs = new Blobs(cache);
    this.#built = built;
  }

  /**
   * Paths of a program's files, fetched where they are missing.
   *
   * @throws SheafError SERVICE_UNREACHABLE, ARTIFACT_UNKNOWN, ARTIFACT_CORRUPT, FILE_UNWRITABLE
   */
  async ofProgram({ files }: Program): Promise<OfFiles<string>> {
    const own = await this.#ownFiles();
    const get = async (file: ProgramFile): Promise<string> => {
      for (const path of [own.get(file.sha256), this.#blobs.path(file.sha256)]) {
        if (path !== undefined && (await sha256File(path).catch(() => "")) === file.sha256) return path;
      }
      const draft = await this.#fetch(file.sha256, file.bytes);
      await this.#blobs.keep(draft).finally(() => this.#blobs.discard(draft));
      return this.#blobs.path(file.sha256);
    };
    const [wasm, zkey] = [await get(files.wasm), await get(files.zkey)];
    return { wasm, zkey, ...(files.plan && { plan: await get(files.plan) }) };
  }

  /**
   * Runs work on a job's input, which is fetched into a file that no other worker uses, and deleted afterwards. Throws as
   * `ofProgram`.
   */
  async withInput<T>(sha256: string, work: (path: string) => Promise<T>): Promise<T> {
    const draft = await this.#fetch(sha256, Infinity);
    try {
      return await work(draft.path);
    } finally {
      await this.#blobs.discard(draft);
    }
  }

  /** Deletes what workers that were killed left behind. */
  async discardAbandoned(): Promise<void> {
    await this.#blobs.discardAbandoned(ABANDONED_MS);
  }

  async #fetch(sha256: string, limit: number): Promise<Draft> {
    const body = Readable.fromWeb((await this.#client.artifact(sha256)) as ReadableStream<Uint8Array>);
    return this.#blobs.receive(body, { limit, expected: sha256 }).catch((error: unknown) => {
      if (error instanceof SheafError) throw error;
      throw new SheafError("SERVICE_UNREACHABLE", `${sha256} broke off: ${String(error)}`, { cause: error });
    });
  }

  /** What the manifests beside built circuits and keys say of their files, by SHA-256. */
  async #ownFiles(): Promise<ReadonlyMap<string, string>> {
    const files = new Map<string, string>();
    for (const folder of this.#built) {
      for await (const path of glob(join(folder, "**", MANIFEST))) {
        // The files of a damaged manifest are fetched.
        const manifest = await readManifest<Manifest>(dirname(path)).catch((): Manifest => ({}));
        for (const [name, hash] of Object.entries(manifest.files ?? {})) files.set(hash, join(dirname(path), name));
        if (manifest.keyHash === undefined) continue;
        for await (const zkey of glob(join(dirname(path), "*.zkey"))) files.set(manifest.keyHash, zkey);
      }
    }
    return files;
  }
}

interface Manifest {
  readonly files?: Readonly<Record<string, string>>;
  readonly keyHash?: string;
}
