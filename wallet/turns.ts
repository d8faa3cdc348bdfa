/** Does things that belong to the same account one after the other, so that each sees what the one before it changed. */
export class Turns {
  readonly #last = new Map<number, Promise<unknown>>();

  take<T>(account: number, work: () => Promise<T>): Promise<T> {
    const turn = (this.#last.get(account) ?? Promise.resolve()).then(work, work);
    this.#last.set(account, turn);
    return turn;
  }
}
