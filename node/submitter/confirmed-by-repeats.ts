/**
 * Accepts an observation only after several identical looks in a row: a node behind a load balancer, or behind L1's
 * head, may report an old state for a moment.
 */
export class ConfirmedByRepeats {
  readonly #looks: number;
  #before: ReadonlyMap<string, number> = new Map();
  #now = new Map<string, number>();

  constructor(looks: number) {
    this.#looks = looks;
  }

  /** Begins a look. */
  next(): void {
    [this.#before, this.#now] = [this.#now, new Map()];
  }

  /** Notes an observation of this look. Returns whether it is to be believed. */
  found(what: string): boolean {
    const times = (this.#before.get(what) ?? 0) + 1;
    this.#now.set(what, times);
    return times >= this.#looks;
  }
}
