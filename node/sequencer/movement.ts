import type { Clock } from "../clock.ts";

/** How long work has not got on: numbers are as high as before. Work that is given up and done again gets nowhere. */
export class Movement {
  readonly #clock: Clock;
  #highest: readonly number[] = [];
  /** Since when something waits and no number was higher, by the clock's elapsed milliseconds. */
  #since: number | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Milliseconds; 0 if nothing waits. */
  get stalled(): number {
    return this.#since === undefined ? 0 : this.#clock.elapsed() - this.#since;
  }

  /** @param marks how far each kind of work is, always in the same order */
  note(marks: readonly number[], isWaiting: boolean): void {
    const isHigher = marks.some((mark, i) => mark > (this.#highest[i] ?? -1));
    this.#highest = marks.map((mark, i) => Math.max(mark, this.#highest[i] ?? -1));
    if (!isWaiting) this.#since = undefined;
    else if (isHigher || this.#since === undefined) this.#since = this.#clock.elapsed();
  }
}
