/** Entries that are kept; the oldest go first. */
const MOST = 10_000;

/** Answers to questions that always have the same answer. A question that failed is asked again. */
export class Memoised<Key, Value> {
  readonly #ask: (key: Key) => Promise<Value>;
  readonly #answers = new Map<Key, Promise<Value>>();

  constructor(ask: (key: Key) => Promise<Value>) {
    this.#ask = ask;
  }

  get(key: Key): Promise<Value> {
    const known = this.#answers.get(key);
    if (known !== undefined) return known;
    const answer = this.#ask(key);
    this.#answers.set(key, answer);
    answer.catch(() => {
      // It may have been forgotten, and asked for again, before it failed.
      if (this.#answers.get(key) === answer) this.#answers.delete(key);
    });
    if (this.#answers.size > MOST) this.#answers.delete(this.#answers.keys().next().value!);
    return answer;
  }

  /** Forgets all answers, and returns them. */
  clear(): readonly Promise<Value>[] {
    const answers = [...this.#answers.values()];
    this.#answers.clear();
    return answers;
  }
}
