/** Work that can be interrupted after each of its steps, by whoever does it. */
export type Steps<T> = Generator<void, T, void>;

/** Does work at once. */
export function finish<T>(steps: Steps<T>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}
