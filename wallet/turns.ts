/** Does things with the same token one after the other, as asked for, so that each sees what the one before it changed. */
export class Turns {
  readonly #last = new Map<number, Promise<unknown>>();

  take<T>(token: number, work: () => Promise<T>): Promise<T> {
    const turn = (this.#last.get(token) ?? Promise.resolve()).then(work, work);
    this.#last.set(token, turn);
    return turn;
  }
}
