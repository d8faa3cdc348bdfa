import { availableParallelism } from "node:os";
import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import type { GroupName } from "./curve-memory.ts";
import { affineBytes, SCALAR_BITS, SCALAR_BYTES } from "./curve-memory.ts";
import type { CurveModule } from "./curve-module.ts";

/** Wider windows need tables that no longer fit a processor's cache. */
const WIDEST_WINDOW = 14;

/** What a worker thread gets: all memory is shared, `next` counts the scalars that a thread has taken up. */
export interface FixedBaseJob {
  readonly module: WebAssembly.Module;
  readonly generator: number;
  readonly group: GroupName;
  readonly window: number;
  readonly scalars: SharedArrayBuffer;
  readonly points: SharedArrayBuffer;
  readonly next: SharedArrayBuffer;
  readonly count: number;
  readonly chunk: number;
}

/**
 * Multiplies a group's generator by each scalar, on all cores: fixed-base windows, one table a thread.
 *
 * @param scalars 32 bytes each, little-endian, below the field's order
 * @param onPoints called with the number of points done so far
 * @returns affine points in Montgomery form, as a `.zkey` holds them; the point at infinity is all zeros
 */
export async function multiplyGenerator(
  curve: CurveModule,
  group: GroupName,
  scalars: SharedArrayBuffer,
  onPoints: (done: number) => void = () => {},
): Promise<Uint8Array> {
  const count = scalars.byteLength / SCALAR_BYTES;
  const threads = Math.min(availableParallelism(), Math.ceil(count / 256));
  const job: FixedBaseJob = {
    module: curve.module,
    generator: curve.generator[group],
    group,
    window: widthOf(count, threads),
    scalars,
    points: new SharedArrayBuffer(count * affineBytes(group)),
    next: new SharedArrayBuffer(4),
    count,
    chunk: Math.min(2048, Math.ceil(count / threads)),
  };
  let done = 0;
  const workers = Array.from({ length: threads }, () => startWorker(job));
  try {
    await Promise.all(
      workers.map(
        (worker) =>
          new Promise<void>((resolve, reject) => {
            worker.on("message", (points: number) => onPoints((done += points)));
            worker.on("error", reject);
            worker.on("exit", resolve);
          }),
      ),
    );
  } finally {
    for (const worker of workers) await worker.terminate();
  }
  if (done !== count) throw new Error(`worker threads computed ${done} of ${count} points`);
  return new Uint8Array(job.points);
}

function startWorker(job: FixedBaseJob): Worker {
  return new Worker(new URL(`./fixed-base-worker${extname(import.meta.filename)}`, import.meta.url), {
    workerData: job,
  });
}

/** The window width with the fewest additions: one a digit of each scalar, and two for each entry of each table. */
function widthOf(scalars: number, threads: number): number {
  let best = 1;
  let fewest = Infinity;
  for (let width = 1; width <= WIDEST_WINDOW; width++) {
    const additions = Math.ceil(SCALAR_BITS / width) * (scalars + 2 * threads * 2 ** width);
    if (additions < fewest) [best, fewest] = [width, additions];
  }
  return best;
}
