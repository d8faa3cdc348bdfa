import { formatEther } from "ethers";
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Batch } from "../../api/schemas.ts";
import { SYSTEM_CLOCK } from "../clock.ts";
import { longestWaiting } from "../pool/operation.ts";
import type { NodeEvent as Change } from "../sequencer/events.ts";
import type { Store } from "../store/store.ts";
import type { Numbers } from "../submitter/nonces.ts";
import type { SubmitState } from "../submitter/submission.ts";
import type { Batches } from "./batches.ts";
import { blocksBehind, missingOf, type Check, type Newest, type OperatorAccount } from "./health.ts";
import type { ServedNode } from "./served-node.ts";
import { throttled } from "./throttled.ts";

const MOST_STATUSES = 1_000;

export interface MetricsParts {
  readonly node: ServedNode;
  readonly batches: Batches;
  readonly newest: Newest;
  /** Signatures that wait to be verified. */
  readonly waitingSignatures: () => number;
  /** That batches are submitted from, where they are. */
  readonly account?: OperatorAccount | undefined;
  readonly checks: readonly Check[];
  readonly version: string;
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
  readonly #cost: Counter<"size">;
  readonly #transactions: Counter<"event">;
  readonly #together: Histogram;
  readonly #failures: Counter<"what">;
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
    this.#cost = new Counter({
      name: "sheaf_node_l1_cost_ether_total",
      help: "Ether that the batches on L1 cost: their gas and, where a rollup serves as L1, what it charges besides",
      labelNames: ["size"],
      registers,
    });
    this.#transactions = new Counter({
      name: "sheaf_node_transactions_total",
      help: "Transactions with batches: sent, replaced by one that offers more, failed on L1",
      labelNames: ["event"],
      registers,
    });
    this.#together = new Histogram({
      name: "sheaf_node_transaction_batches",
      help: "Batches of each transaction when it is sent, and not in another one's place",
      buckets: [1, 2, 4, 8, 16, 32],
      registers,
    });
    this.#failures = new Counter({
      name: "sheaf_node_failures_total",
      help: "Failures that the node goes on after: of a step, a proof or a submission",
      labelNames: ["what"],
      registers,
    });
    for (const event of ["sent", "replaced", "failed"]) this.#transactions.inc({ event }, 0);
    for (const what of ["step", "proof", "submission"]) this.#failures.inc({ what }, 0);
    new Gauge({
      name: "sheaf_node_build_info",
      help: "1, with the version of Sheaf and of Node.js",
      labelNames: ["version", "node"],
      registers,
    }).set({ version: parts.version, node: process.version }, 1);
    this.#addGauges();
    this.#addMissing();
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
    else if (change.type === "submission") this.#noteSubmission(change.numbers, change.state);
    else if (change.type === "failure") this.#failures.inc({ what: /^[a-z]+/.exec(change.what)?.[0] ?? "other" });
  }

  #noteSubmission({ first, last }: Numbers, state: SubmitState): void {
    if (state.phase !== "sent" && state.phase !== "failed") return;
    this.#transactions.inc({ event: state.phase });
    if (state.phase !== "sent") return;
    if (state.replaced !== undefined) this.#transactions.inc({ event: "replaced" });
    else this.#together.observe(last - first + 1);
  }

  #noteBatch({ number, size: { id, name }, status, provedInMs, l1 }: Batch): void {
    const size = name ?? `${id}`;
    // That something about a batch has changed need not be its status.
    if (this.#statuses.get(number) === status) return;
    this.#statuses.set(number, status);
    this.#statuses.delete(number - MOST_STATUSES);
    this.#batches.inc({ size, status });
    if (status === "proven" && provedInMs !== undefined) this.#proofs.observe({ size }, provedInMs / 1000);
    if (status !== "verified") return;
    const { gasUsed = 0, gasPrice = 0n, dataFee = 0n, batches = 1 } = l1 ?? {};
    this.#gas.inc({ size }, gasUsed / batches);
    this.#cost.inc({ size }, etherOf(BigInt(gasUsed) * gasPrice + dataFee) / batches);
  }

  #addGauges(): void {
    const { node, newest, waitingSignatures, account } = this.#parts;
    const { store, pool } = node;
    const gauges: Record<string, [help: string, value: () => number | Promise<number>]> = {
      sheaf_node_pending: ["Accepted operations that are in no batch yet", () => pool.operations.count("pending")],
      sheaf_node_signatures_waiting: ["Signatures that wait to be verified", waitingSignatures],
      sheaf_node_queue_length: ["Operations that wait in L1's queue", () => lengthOf(store.queueBounds)],
      sheaf_node_batch: ["Number of the last batch on L1", () => store.lastBatch?.number ?? 0],
      sheaf_node_blobs: ["Blobs of batches that are kept and served", () => store.blobs.count()],
      sheaf_node_lag_blocks: ["Blocks of L1 that were not read yet", () => blocksBehind(store, newest)],
      sheaf_node_under_way: ["Batches that were made and are not on L1", () => node.underWay().length],
      sheaf_node_oldest_pending_seconds: [
        "Seconds that the oldest accepted operation that a batch can take has waited for one; 0 if none waits",
        () => secondsSince(longestWaiting(node.ready, SYSTEM_CLOCK.now())?.since),
      ],
      sheaf_node_held: [
        "Accepted operations that no batch can take now: they wait for what they lack, or to be impossible for good",
        () => node.pending.length - node.ready.length - node.early.size,
      ],
      sheaf_node_early: ["Accepted operations that are kept until their time comes", () => node.early.size],
      sheaf_node_oldest_batch_seconds: [
        "Seconds that the oldest batch has been under way; 0 if none is",
        () => (node.vitals().batch?.age ?? 0) / 1000,
      ],
      sheaf_node_stalled_seconds: [
        "Seconds for which nothing has got on, though something waits; 0 if nothing does",
        () => node.vitals().stalled / 1000,
      ],
      sheaf_node_failed_looks: [
        "Looks at L1 that failed, one after the other up to now",
        () => node.vitals().failing?.count ?? 0,
      ],
      sheaf_node_last_batch_age_seconds: [
        "Seconds since the time of the last batch on L1; NaN before the first one",
        () => (store.lastBatch === undefined ? NaN : secondsSince(store.lastBatch.timestamp * 1000)),
      ],
      sheaf_node_queue_deadline_seconds: [
        "Seconds until the deadline of the oldest operation in L1's queue, negative after it; +Inf if none waits",
        () => (store.queued(store.queueBounds.head)?.deadline ?? Infinity) - SYSTEM_CLOCK.now() / 1000,
      ],
      sheaf_node_frozen: ["1 if the rollup is frozen", () => Number(store.isFrozen)],
      ...(account && {
        sheaf_node_operator_balance_ether: [
          "Ether of the account that submits batches",
          throttled(() => account.balance().then(etherOf)),
        ],
        sheaf_node_gas_price_wei: [
          "Wei that a gas costs on L1 now, tip included",
          throttled(() => account.market().then(({ baseFee, priorityFee }) => Number(baseFee + priorityFee))),
        ],
      }),
    };
    for (const [name, [help, value]] of Object.entries(gauges)) {
      new Gauge({
        name,
        help,
        registers: [this.registry],
        async collect() {
          // What L1 does not answer is not known; the others are.
          this.set(await Promise.resolve(value()).catch(() => NaN));
        },
      });
    }
  }

  /** What `/health` finds missing. */
  #addMissing(): void {
    const { checks } = this.#parts;
    new Gauge({
      name: "sheaf_node_missing",
      help: "1 for each part that /health finds missing, such as L1, disk, queue, operator, ether, keys, prover, work",
      labelNames: ["what"],
      registers: [this.registry],
      async collect() {
        this.reset();
        for (const { what } of await missingOf(checks)) this.set({ what }, 1);
      },
    });
  }
}

const lengthOf = ({ head, tail }: Store["queueBounds"]): number => tail - head;

const secondsSince = (milliseconds: number | undefined): number =>
  milliseconds === undefined ? 0 : Math.max(0, (SYSTEM_CLOCK.now() - milliseconds) / 1000);

const etherOf = (wei: bigint): number => Number(formatEther(wei));
