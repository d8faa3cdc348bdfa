import { extname } from "node:path";
import { Worker } from "node:worker_threads";

/** What is asked of the thread. Answers are hexadecimal, with 0x. */
export type KzgTask =
  | { readonly task: "commitment" | "cellProofs"; readonly blob: Uint8Array }
  | { readonly task: "opening"; readonly blob: Uint8Array; readonly z: bigint }
  | { readonly task: "blobProof"; readonly blob: Uint8Array; readonly commitment: string };

/** An error does not cross threads as what it is. */
export type KzgAnswer = { readonly result: readonly string[] } | { readonly failure: string };

interface Waiting {
  readonly done: (result: readonly string[]) => void;
  readonly failed: (error: Error) => void;
}

/** A thread, and who waits for it, in the order in which it answers. */
interface Thread {
  readonly worker: Worker;
  readonly waiting: Waiting[];
}

let thread: Thread | undefined;

/** Runs a task in the one thread that is kept for such, from the first task on: it has the ceremony's points in memory. */
export function inThread(task: KzgTask): Promise<readonly string[]> {
  const { worker, waiting } = (thread ??= startThread());
  return new Promise((done, failed) => {
    waiting.push({ done, failed });
    // It keeps the process alive while somebody waits for it, and no longer.
    worker.ref();
    worker.postMessage(task);
  });
}

function startThread(): Thread {
  const worker = new Worker(new URL(`./kzg-worker${extname(import.meta.filename)}`, import.meta.url));
  const own: Thread = { worker, waiting: [] };
  const lost = (error: Error): void => {
    if (thread === own) thread = undefined;
    for (const { failed } of own.waiting.splice(0)) failed(error);
  };
  worker.on("message", (answer: KzgAnswer) => {
    const { done, failed } = own.waiting.shift()!;
    if (own.waiting.length === 0) worker.unref();
    if ("result" in answer) done(answer.result);
    else failed(new Error(answer.failure));
  });
  worker.on("error", lost);
  worker.on("exit", (code) => lost(new Error(`the thread for KZG commitments ended with ${code}`)));
  return own;
}
