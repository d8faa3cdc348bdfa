/** Requests that a node is sent side by side. */
const AT_ONCE = 8;

/** `Promise.all` over a list of any length, a few at a time. */
export async function allOf<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let done = 0; done < items.length; done += AT_ONCE) {
    results.push(...(await Promise.all(items.slice(done, done + AT_ONCE).map(work))));
  }
  return results;
}
