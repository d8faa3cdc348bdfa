import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Program } from "../artifacts/program.ts";
import type { Job, JobError, ProofResult } from "../queue/job.ts";
import type { JobQueue, Verdict } from "../queue/queue.ts";

/** What the coordinator counts, for Prometheus. */
export class ServiceMetrics {
  readonly registry = new Registry();
  readonly #seconds: Histogram<"size" | "backend" | "phase">;
  readonly #waited: Histogram<"size">;
  readonly #results: Counter<"size" | "verdict">;
  readonly #failures: Counter<"size" | "code">;
  readonly #nameOf: (program: string) => string;

  constructor(queue: JobQueue, programs: readonly Program[], countWorkers: () => number) {
    const registers = [this.registry];
    this.#nameOf = (id) => programs.find((program) => program.id === id)?.name ?? "unknown";
    collectDefaultMetrics({ register: this.registry });
    new Gauge({
      name: "sheaf_prover_jobs",
      help: "Jobs that wait (queued) or are with a worker (proving)",
      labelNames: ["size", "state"],
      registers,
      async collect() {
        this.reset();
        const load = await queue.load().catch(() => undefined);
        if (load === undefined) return; // the queue does not answer; the other numbers do not come from it
        for (const { id, name } of programs) {
          // A queue says nothing of programs without jobs.
          const { queued, proving } = load[id] ?? { queued: 0, proving: 0 };
          this.set({ size: name, state: "queued" }, queued);
          this.set({ size: name, state: "proving" }, proving);
        }
      },
    });
    new Gauge({
      name: "sheaf_prover_workers",
      help: "Workers that have reported in the last minute",
      registers,
      collect() {
        this.set(countWorkers());
      },
    });
    this.#seconds = new Histogram({
      name: "sheaf_prover_seconds",
      help: "Seconds that workers took for accepted proofs, by phase: witness, prove, verify",
      labelNames: ["size", "backend", "phase"],
      buckets: [0.1, 0.25, 0.5, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512],
      registers,
    });
    this.#waited = new Histogram({
      name: "sheaf_prover_wait_seconds",
      help: "Seconds from a job's submission to its accepted proof",
      labelNames: ["size"],
      buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 4096],
      registers,
    });
    this.#results = new Counter({
      name: "sheaf_prover_results_total",
      help: "Results of workers: accepted, wrong, or late",
      labelNames: ["size", "verdict"],
      registers,
    });
    this.#failures = new Counter({
      name: "sheaf_prover_failures_total",
      help: "Attempts that workers gave up, by error code",
      labelNames: ["size", "code"],
      registers,
    });
  }

  settled(verdict: Verdict, job: Job, result: ProofResult): void {
    const size = this.#nameOf(job.program);
    this.#results.inc({ size, verdict });
    if (verdict !== "accepted") return;
    for (const [phase, milliseconds] of Object.entries(result.timings)) {
      this.#seconds.observe({ size, backend: result.backend, phase }, milliseconds / 1000);
    }
    this.#waited.observe({ size }, ((job.finishedAt ?? Date.now()) - job.submittedAt) / 1000);
  }

  failed(job: Job, { code }: JobError): void {
    this.#failures.inc({ size: this.#nameOf(job.program), code });
  }
}
