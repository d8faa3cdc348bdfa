/** BullMQ's priorities are 1 to this, the lowest first; 0 is none, and before all others. */
const LAST = 2 ** 21 - 1;
/** Priorities that are left free beside a job's, where there is room, for jobs that come later. */
const GAP = 128;

/**
 * Priorities for the ages of waiting jobs, in the ages' order. An age has 40 bits and a priority 21, so a priority says
 * only where an age stands among the others: between its neighbours'. Where there is none left between them, all are
 * given out anew. (P. Dietz, "Maintaining order in a linked list", 1982, https://doi.org/10.1145/800070.802184)
 */
export class Priorities {
  /** Distinct and ascending, both. */
  readonly #ages: number[];
  readonly #priorities: number[];

  /** Spreads these ages, which may stand there several times, over the middle of the priorities. */
  constructor(ages: readonly number[]) {
    this.#ages = [...new Set(ages)].sort((a, b) => a - b);
    const step = Math.min(GAP, LAST / (this.#ages.length + 1));
    const first = (LAST - step * (this.#ages.length - 1)) / 2;
    this.#priorities = this.#ages.map((_, place) => Math.max(1, Math.floor(first + step * place)));
  }

  /** The priority of an age, given out now if it has none yet; `undefined` if there is none left for it. */
  of(age: number): number | undefined {
    const place = this.#placeOf(age);
    if (this.#ages[place] === age) return this.#priorities[place];
    const [below, above] = [this.#priorities[place - 1] ?? 0, this.#priorities[place] ?? LAST + 1];
    if (above - below < 2) return undefined;
    const middle = (above + below) >> 1;
    const isLast = place === this.#ages.length;
    const priority = isLast ? Math.min(below + GAP, LAST) : place === 0 ? Math.max(above - GAP, 1) : middle;
    this.#ages.splice(place, 0, age);
    this.#priorities.splice(place, 0, priority);
    return priority;
  }

  /** How many ages are lower. */
  #placeOf(age: number): number {
    let [low, high] = [0, this.#ages.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#ages[middle]! < age) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
