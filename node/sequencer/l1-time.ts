/** So many looks in a row must have seen a time before anything is given up because of it. */
const LOOKS = 4;

/** L1's time, in seconds, as the last looks have seen it. Any one answer may be false. */
export interface TimeRange {
  readonly earliest: number;
  readonly latest: number;
  /** Whether there were looks enough to give anything up. */
  readonly isSteady: boolean;
}

/** The times of L1's newest block at the last looks. */
export class L1Time {
  #seen: readonly number[] = [];

  note(time: number): TimeRange {
    this.#seen = [...this.#seen, time].slice(-LOOKS);
    return {
      earliest: Math.min(...this.#seen),
      latest: Math.max(...this.#seen),
      isSteady: this.#seen.length === LOOKS,
    };
  }
}
