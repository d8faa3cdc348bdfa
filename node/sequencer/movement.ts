import type { Clock } from "../clock.ts";

/** When work last got on: numbers that have never been as high. What is given up and done again gets nowhere. */
export class Movement {
  readonly #clock: Clock;
  #highest: readonly number[] = [];
  #at: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#at = clock.elapsed();
  }

  /** By the clock's elapsed milliseconds. */
  get at(): number {
    return this.#at;
  }

  /** @param marks how far each kind of work is, always in the same order */
  note(marks: readonly number[]): void {
    if (marks.some((mark, i) => mark > (this.#highest[i] ?? -1))) this.#at = this.#clock.elapsed();
    this.#highest = marks.map((mark, i) => Math.max(mark, this.#highest[i] ?? -1));
  }
}
