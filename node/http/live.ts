import { setImmediate as nextTurn } from "node:timers/promises";
import * as z from "zod";
import { events, type NodeEvent } from "../../api/schemas.ts";
import type { NodeEvent as Change } from "../sequencer/events.ts";
import type { Batches, Progress } from "./batches.ts";
import type { ServedNode } from "./served-node.ts";
import type { StateView } from "./state.ts";
import type { Transactions } from "./transactions.ts";

/** @param text what the event says, as JSON */
type Listener = (event: NodeEvent, text: string) => void;

export const textOf = ({ type, data }: NodeEvent): string => JSON.stringify(z.encode(events[type] as z.ZodType, data));

/** How far the proofs under way are, by the batch's number. */
export class ProgressBook {
  readonly #progress = new Map<number, Progress>();

  readonly of = (number: number): Progress | undefined => this.#progress.get(number);

  note(change: Change): void {
    if (change.type === "progress")
      this.#progress.set(change.number, { phase: change.phase, fraction: change.fraction });
    if (change.type === "batch") this.#progress.delete(change.number);
  }
}

export interface LiveParts {
  readonly node: ServedNode;
  readonly transactions: Transactions;
  readonly batches: Batches;
  readonly state: StateView;
  readonly progress: ProgressBook;
  /** Told of every failure to show what has changed. */
  readonly onError: (error: unknown) => void;
}

type Shown = Exclude<Change, { readonly type: "submission" | "failure" }>;

/** What happens in a node, as the API shows it. Each change is looked up and written out once for all who listen. */
export class Live {
  readonly #parts: LiveParts;
  readonly #listeners = new Set<Listener>();
  readonly #unsubscribe: () => void;
  /** What was told before: changes come out in their order. */
  #before: Promise<void> = Promise.resolve();

  constructor(parts: LiveParts) {
    this.#parts = parts;
    this.#unsubscribe = parts.node.subscribe((change) => {
      parts.progress.note(change);
      if (change.type === "submission" || change.type === "failure") return; // The operator's, not everybody's.
      if (this.#listeners.size > 0) this.#before = this.#before.then(() => this.#tell(change)).catch(parts.onError);
    });
  }

  /** Returns how to end it. */
  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    this.#unsubscribe();
    this.#listeners.clear();
  }

  async #tell(change: Shown): Promise<void> {
    // A batch is hundreds of changes: they are sent in short steps, while the next ones are looked up.
    await nextTurn();
    const event = await this.#eventOf(change);
    const text = textOf(event);
    for (const listener of this.#listeners) listener(event, text);
  }

  async #eventOf(change: Shown): Promise<NodeEvent> {
    const { transactions, batches, state } = this.#parts;
    switch (change.type) {
      case "transaction":
        return { type: "transaction", data: transactions.find(change.id) };
      case "batch":
        return { type: "batch", data: await batches.find(change.number) };
      case "progress":
        return { type: "progress", data: { batch: change.number, phase: change.phase, fraction: change.fraction } };
      case "state":
        return { type: "state", data: await state.now() };
    }
  }
}
