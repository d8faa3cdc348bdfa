/** A lock. Who asks first gets it first. */
export class Turns {
  #last: Promise<void> = Promise.resolve();

  /** Waits for its turn. What it returns ends the turn, and does nothing when called again. */
  async take(): Promise<() => void> {
    const before = this.#last;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#last = promise;
    await before;
    return resolve;
  }
}
