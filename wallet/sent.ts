import type { NodeClient, Transaction } from "../api/client.ts";
import { sleep, stopAfter } from "../lib/sleep.ts";
import { SheafError } from "../protocol/errors.ts";

/** How far an operation can be, besides rejected, in order. */
const STATUSES = ["pending", "batched", "proven", "verified"] as const;
export type Status = (typeof STATUSES)[number];

export interface WaitOptions {
  /** Milliseconds. Default: half an hour. */
  readonly timeout?: number;
  readonly signal?: AbortSignal;
  readonly onChange?: (transaction: Transaction) => void;
}

export const TIMEOUT_MS = 30 * 60_000;
/** Between two looks, unless the node tells of a change first. */
const INTERVAL_MS = 5_000;

/** Event streams to a node at a time: a browser has six connections to a server, for everything. */
const STREAMS = 3;
const streamsTo = new WeakMap<NodeClient, number>();

type SentDetails = Partial<Pick<Sent, "l1Transaction" | "fee" | "total">>;

/** An operation that the node, or L1's queue, has taken. */
export class Sent {
  readonly id: string;
  /** Hash of the L1 transaction, if it was sent there. */
  readonly l1Transaction: string | undefined;
  /** Base units that the operator gets, and those that leave the account in all; of what went through L1's queue neither. */
  readonly fee: bigint | undefined;
  readonly total: bigint | undefined;
  /** Who has taken it, or reads L1's queue. */
  readonly node: NodeClient;

  constructor(node: NodeClient, id: string, { l1Transaction, fee, total }: SentDetails) {
    this.node = node;
    this.id = id;
    this.l1Transaction = l1Transaction;
    this.fee = fee;
    this.total = total;
  }

  /** What the node says of it now. */
  look(): Promise<Transaction> {
    return this.node.transaction(this.id);
  }

  /**
   * Waits until the operation is this far, or farther. The node is asked again and again, at once when its events tell of
   * a change; that it is away for a while does not matter.
   *
   * @throws SheafError OPERATION_REJECTED, WAIT_TIMEOUT
   */
  async wait(status: Status = "verified", { timeout = TIMEOUT_MS, signal, onChange }: WaitOptions = {}) {
    const end = new AbortController();
    const stop = AbortSignal.any([end.signal, stopAfter(timeout, signal)]);
    const bell = new Bell(stop);
    void this.#ringAtEvents(bell, stop);
    try {
      for (let last = ""; ; await bell.wait(INTERVAL_MS)) {
        const seen = await this.look().catch(asReason);
        if (!(seen instanceof SheafError)) {
          const now = [
            seen.status,
            ...(seen.held === undefined ? [] : [`held: ${seen.held.code}: ${seen.held.message}`]),
            ...(seen.waitsUntil === undefined ? [] : [`kept until ${isoTime(seen.waitsUntil)}`]),
          ];
          if (now.join() !== last) onChange?.(seen);
          if (seen.status === "rejected") throw rejection(seen);
          if (isAtLeast(seen.status, status)) return seen;
          last = now.join();
        }
        signal?.throwIfAborted();
        if (stop.aborted) {
          const why = seen instanceof SheafError ? seen.message : `it is ${last}`;
          throw new SheafError("WAIT_TIMEOUT", `${this.id} is not ${status} after ${timeout / 1000} s: ${why}`);
        }
      }
    } finally {
      end.abort();
    }
  }

  /** Events only say when to look: where a proxy holds them back or cuts them off, looking from time to time will do. */
  async #ringAtEvents(bell: Bell, stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      const open = streamsTo.get(this.node) ?? 0;
      if (open < STREAMS) {
        streamsTo.set(this.node, open + 1);
        await this.#listen(bell, stop);
        streamsTo.set(this.node, streamsTo.get(this.node)! - 1);
      }
      await sleep(INTERVAL_MS, stop);
    }
  }

  async #listen(bell: Bell, stop: AbortSignal): Promise<void> {
    try {
      const events = this.node.transactionEvents(this.id, stop);
      while (!(await events.next()).done) bell.ring();
    } catch {
      // The node is away, or lets nobody listen.
    }
  }
}

const isoTime = (seconds: number): string => new Date(seconds * 1000).toISOString();

const isAtLeast = (status: Transaction["status"], wanted: Status): boolean =>
  STATUSES.indexOf(status as Status) >= STATUSES.indexOf(wanted);

/** The node may be away, or not have read the block yet in which L1 queued the operation. */
function asReason(error: unknown): SheafError {
  if (error instanceof SheafError) return error;
  throw error;
}

function rejection({ id, reason }: Transaction): SheafError {
  const why = reason === undefined ? "" : `: ${reason.code}: ${reason.message}`;
  return new SheafError("OPERATION_REJECTED", `${id} was rejected${why}`);
}

/** Wakes up whoever waits. */
class Bell {
  readonly #stop: AbortSignal;
  #ring: () => void = () => undefined;
  #rung = false;

  constructor(stop: AbortSignal) {
    this.#stop = stop;
  }

  ring(): void {
    this.#rung = true;
    this.#ring();
  }

  /** Returns when the bell rings, at once if it has since the last time, after `milliseconds`, or when all stops. */
  async wait(milliseconds: number): Promise<void> {
    if (!this.#rung) {
      const rings = new Promise<void>((done) => (this.#ring = done));
      await Promise.race([rings, sleep(milliseconds, this.#stop)]);
    }
    this.#rung = false;
  }
}
