/** Pieces of work in one transaction: some milliseconds in all, after which others have their turn. */
const MOST = 32;

/**
 * Does many pieces of work in one transaction: those that come in before the event loop's next turn. So the disk is
 * waited for once for all of them. Work that has piled up, as behind a hold, is done in several, one a turn.
 */
export class GroupCommit {
  readonly #transaction: (work: () => void) => void;
  #waiting: { readonly work: () => void; readonly done: () => void; readonly failed: (error: unknown) => void }[] = [];

  #holds = 0;

  /** @param transaction does all of the work or nothing of it */
  constructor(transaction: (work: () => void) => void) {
    this.#transaction = transaction;
  }

  /**
   * Does a piece of work and returns its result once the transaction is on the disk. If the work itself throws, it must
   * have changed nothing.
   */
  run<T>(work: () => T): Promise<T> {
    return new Promise((done, failed) => {
      let finish: () => void;
      const guarded = (): void => {
        try {
          const result = work();
          finish = () => done(result);
        } catch (error) {
          finish = () => failed(error);
        }
      };
      if (this.#waiting.length === 0) setImmediate(() => this.#commit());
      this.#waiting.push({ work: guarded, done: () => finish(), failed });
    });
  }

  /** Begins no transaction until the function that it returns is called. */
  hold(): () => void {
    this.#holds++;
    return () => {
      this.#holds--;
      this.#commit();
    };
  }

  #commit(): void {
    if (this.#holds > 0 || this.#waiting.length === 0) return;
    const group = this.#waiting.splice(0, MOST);
    if (this.#waiting.length > 0) setImmediate(() => this.#commit());
    try {
      this.#transaction(() => group.forEach(({ work }) => work()));
    } catch (error) {
      for (const { failed } of group) failed(error);
      return;
    }
    for (const { done } of group) done();
  }
}
