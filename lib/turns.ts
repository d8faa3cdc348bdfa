/** A lock. Whoever asks first gets it first. */
export class Turns {
  #last: Promise<void> = Promise.resolve();

  /** Waits for its turn. The function that it returns ends the turn, and does nothing when called again. */
  async take(): Promise<() => void> {
    const before = this.#last;
    let end!: () => void;
    this.#last = new Promise((resolve) => (end = resolve));
    await before;
    return end;
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    const end = await this.take();
    try {
      return await work();
    } finally {
      end();
    }
  }
}

/** Does things with the same key one after the other, as asked for, so that each sees what the one before it changed. */
export class KeyedTurns<Key> {
  readonly #turns = new Map<Key, Turns>();

  run<T>(key: Key, work: () => Promise<T>): Promise<T> {
    const turns = this.#turns.get(key) ?? new Turns();
    this.#turns.set(key, turns);
    return turns.run(work);
  }
}
