/** Milliseconds of a turn of the event loop that go to requests. */
const TURN_MS = 10;

/**
 * Begins work in turns of the event loop: when a turn has had its time, the rest waits for the next one, so that timers
 * and new connections have theirs. Clients come in rotation, however much one of them asks.
 */
export class Rota {
  readonly #waiting = new Map<string, (() => void)[]>();
  /** When this turn's work began. */
  #since: number | undefined;

  add(client: string, work: () => void): void {
    const own = this.#waiting.get(client);
    if (own === undefined) this.#waiting.set(client, [work]);
    else own.push(work);
    setImmediate(this.#begin);
  }

  /** In an immediate of its own, before which all that the work before it does at once is done. */
  readonly #begin = (): void => {
    const now = performance.now();
    if (this.#since === undefined) {
      this.#since = now;
      setImmediate(() => (this.#since = undefined));
    }
    if (now - this.#since < TURN_MS) this.#next()();
    else setImmediate(this.#begin);
  };

  #next(): () => void {
    const [client, own] = this.#waiting.entries().next().value!;
    const work = own.shift()!;
    this.#waiting.delete(client);
    if (own.length > 0) this.#waiting.set(client, own);
    return work;
  }
}
