import type { Clock } from "../clock.ts";

/** Work that goes on beside the node's steps: at most one piece for each key, tried again later when it fails. */
export class BackgroundJobs {
  readonly #running = new Map<string, { readonly stop: AbortController; readonly ended: Promise<void> }>();
  readonly #pausedUntil = new Map<string, number>();
  /** Of work that failed when it was last done, by its key. */
  readonly #failures = new Map<string, unknown>();
  readonly #onEnd: (key: string, error: unknown) => void;
  readonly #pause: number;
  readonly #clock: Clock;

  /**
   * @param onEnd told of each end, with the error if there was one
   * @param pause milliseconds before what failed is tried again
   */
  constructor(onEnd: (key: string, error: unknown) => void, pause: number, clock: Clock) {
    this.#onEnd = onEnd;
    this.#pause = pause;
    this.#clock = clock;
  }

  /** Starts work, unless it is being done, or failed a moment ago. Returns whether it is being done. */
  start(key: string, work: (signal: AbortSignal) => Promise<void>): boolean {
    if (this.#running.has(key)) return true;
    if ((this.#pausedUntil.get(key) ?? 0) > this.#clock.elapsed()) return false;
    const stop = new AbortController();
    const ended = work(stop.signal).then(
      () => this.#end(key, undefined),
      (error: unknown) => this.#end(key, stop.signal.aborted ? undefined : error),
    );
    this.#running.set(key, { stop, ended });
    return true;
  }

  /** Stops everything that is not among these keys. */
  keepOnly(keys: ReadonlySet<string>): void {
    for (const [key, { stop }] of this.#running) if (!keys.has(key)) stop.abort();
    for (const known of [this.#pausedUntil, this.#failures]) {
      for (const key of known.keys()) if (!keys.has(key)) known.delete(key);
    }
  }

  /** What failed when it was last done, by its key. */
  get failures(): ReadonlyMap<string, unknown> {
    return this.#failures;
  }

  /** Stops everything and waits for the ends. */
  async stop(): Promise<void> {
    this.keepOnly(new Set());
    await Promise.all([...this.#running.values()].map(({ ended }) => ended));
  }

  #end(key: string, error: unknown): void {
    this.#running.delete(key);
    this.#failures.delete(key);
    if (error !== undefined) {
      this.#pausedUntil.set(key, this.#clock.elapsed() + this.#pause);
      this.#failures.set(key, error);
    }
    this.#onEnd(key, error);
  }
}
