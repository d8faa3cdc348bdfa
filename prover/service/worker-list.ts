import type { Announcement, WorkerView } from "./schemas.ts";

/** Milliseconds after which a worker that has not reported is taken for gone. */
const GONE_MS = 60_000;
/** Workers that are remembered; names are the workers' own, and a broken one could invent many. */
const MAX_WORKERS = 10_000;

/** Who has reported to the coordinator, and what their results were worth. */
export class WorkerList {
  readonly #workers = new Map<string, WorkerView>();

  /** A worker says that it is there, which sizes it has keys for, and what it proves with. */
  announce(announcement: Announcement): void {
    const { accepted = 0, wrong = 0, late = 0, failed = 0 } = this.#workers.get(announcement.name) ?? {};
    this.#workers.delete(announcement.name);
    this.#workers.set(announcement.name, { ...announcement, seenAt: Date.now(), accepted, wrong, late, failed });
    if (this.#workers.size > MAX_WORKERS) this.#workers.delete(this.#workers.keys().next().value!);
  }

  count(name: string, outcome: "accepted" | "wrong" | "late" | "failed"): void {
    const worker = this.#workers.get(name);
    if (worker !== undefined) this.#workers.set(name, { ...worker, [outcome]: worker[outcome] + 1 });
  }

  list(): readonly WorkerView[] {
    return [...this.#workers.values()].filter(({ seenAt }) => seenAt > Date.now() - GONE_MS);
  }
}
