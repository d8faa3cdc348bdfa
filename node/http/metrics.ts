import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Batch } from "../../api/schemas.ts";
import type { NodeEvent as Change } from "../sequencer/events.ts";
import type { Batches } from "./batches.ts";
import { blocksBehind } from "./health.ts";
import type { ServedNode } from "./served-node.ts";

const MOST_STATUSES = 1_000;

export interface MetricsParts {
  readonly node: ServedNode;
  readonly batches: Batches;
  /** L1's newest block. */
  readonly newest: () => Promise<number>;
  /** Signatures that wait to be verified. */
  readonly waitingSignatures: () => number;
}

/** What a node counts, for Prometheus. */
export class NodeMetrics {
  readonly registry = new Registry();
  readonly #parts: MetricsParts;
  readonly #operations: Counter<"kind" | "status" | "reason">;
  readonly #refused: Counter<"reason">;
  readonly #batches: Counter<"size" | "status">;
  readonly #proofs: Histogram<"size">;
  readonly #gas: Counter<"size">;
  /** Of the newest batches, as they were counted. */
  readonly #statuses = new Map<number, Batch["status"]>();

  constructor(parts: MetricsParts) {
    this.#parts = parts;
    const registers = [this.registry];
    collectDefaultMetrics({ register: this.registry });
    this.#operations = new Counter({
      name: "sheaf_node_operations_total",
      help: "Changes of operations to a status, by the reason where they were rejected",
      labelNames: ["kind", "status", "reason"],
      registers,
    });
    this.#refused = new Counter({
      name: "sheaf_node_refused_total",
      help: "Operations that were not accepted, by error code",
      labelNames: ["reason"],
      registers,
    });
    this.#batches = new Counter({
      name: "sheaf_node_batches_total",
      help: "Changes of batches to a status",
      labelNames: ["size", "status"],
      registers,
    });
    this.#proofs = new Histogram({
      name: "sheaf_node_proof_seconds",
      help: "Seconds that proofs took, with their witness",
      labelNames: ["size"],
      buckets: [0.25, 0.5, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512],
      registers,
    });
    this.#gas = new Counter({
      name: "sheaf_node_l1_gas_total",
      help: "Gas of the batches on L1",
      labelNames: ["size"],
      registers,
    });
    this.#addGauges();
  }

  /** An operation was not accepted. */
  refused(code: string): void {
    this.#refused.inc({ reason: code });
  }

  async note(change: Change): Promise<void> {
    if (change.type === "transaction") {
      const pooled = this.#parts.node.pool.operations.find(change.id);
      if (pooled === undefined) return;
      const { accepted, status, reason } = pooled;
      this.#operations.inc({ kind: accepted.kind, status, reason: reason?.code ?? "" });
    } else if (change.type === "batch") this.#noteBatch(await this.#parts.batches.find(change.number));
  }

  #noteBatch({ number, size: { id, name }, status, provedInMs, l1 }: Batch): void {
    const size = name ?? `${id}`;
    // That something about a batch has changed need not be its status.
    if (this.#statuses.get(number) === status) return;
    this.#statuses.set(number, status);
    this.#statuses.delete(number - MOST_STATUSES);
    this.#batches.inc({ size, status });
    if (status === "proven" && provedInMs !== undefined) this.#proofs.observe({ size }, provedInMs / 1000);
    if (status === "verified") this.#gas.inc({ size }, l1?.gasUsed ?? 0);
  }

  #addGauges(): void {
    const { node, newest, waitingSignatures } = this.#parts;
    const { store, pool } = node;
    const gauges: Record<string, [help: string, value: () => number | Promise<number>]> = {
      sheaf_node_pending: ["Accepted operations that are in no batch yet", () => pool.operations.count("pending")],
      sheaf_node_signatures_waiting: ["Signatures that wait to be verified", waitingSignatures],
      sheaf_node_queue_length: ["Operations that wait in L1's queue", () => store.waiting().length],
      sheaf_node_batch: ["Number of the last batch on L1", () => store.lastBatch?.number ?? 0],
      sheaf_node_lag_blocks: [
        "Blocks of L1 that were not read yet",
        () => blocksBehind(store, newest).catch(() => NaN),
      ],
    };
    for (const [name, [help, value]] of Object.entries(gauges)) {
      new Gauge({
        name,
        help,
        registers: [this.registry],
        async collect() {
          this.set(await value());
        },
      });
    }
  }
}
