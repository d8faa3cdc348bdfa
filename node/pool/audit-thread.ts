import { once } from "node:events";
import { existsSync, statSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { SheafError, type ErrorCode } from "../../protocol/errors.ts";
import { auditPool, nameFaults } from "./audit.ts";
import { headPathOf } from "./head-file.ts";

/** Bytes of a file that is looked at in this thread: it takes less than starting another one. */
const SMALL = 4_000_000;

/** What `auditInThread` found: an error does not cross threads as what it is. */
export type Audited = { readonly lost: string | undefined } | { readonly code: ErrorCode; readonly message: string };

/**
 * `auditPool`, in a thread of its own where that takes long.
 *
 * @returns what was taken out, in words; `undefined` where nothing was
 */
export async function audited(path: string): Promise<string | undefined> {
  if (!existsSync(path) && !existsSync(headPathOf(path))) return undefined;
  if (sizeOf(path) < SMALL) return lostIn(path);
  const thread = new Worker(new URL("./audit-worker.ts", import.meta.url), { workerData: path });
  const [result] = (await once(thread, "message")) as [Audited];
  if ("code" in result) throw new SheafError(result.code, result.message);
  return result.lost;
}

/** What was taken out of a pool's file. */
export function lostIn(path: string): string | undefined {
  const faults = auditPool(path);
  return nameFaults(faults) || undefined;
}

const sizeOf = (path: string): number =>
  ["", "-wal"].map((end) => path + end).reduce((sum, file) => sum + (existsSync(file) ? statSync(file).size : 0), 0);
