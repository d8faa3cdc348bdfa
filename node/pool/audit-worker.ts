import { parentPort, workerData } from "node:worker_threads";
import { SheafError } from "../../protocol/errors.ts";
import { lostIn, type Audited } from "./audit-thread.ts";

// Runs in a thread of its own.
parentPort!.postMessage(audit(workerData as string));

function audit(path: string): Audited {
  try {
    return { lost: lostIn(path) };
  } catch (error) {
    if (error instanceof SheafError) return { code: error.code, message: error.message };
    throw error;
  }
}
