import { SheafError } from "../protocol/errors.ts";

/** Pages of the longest list that is read whole, 65,536 tokens: no honest node has more. */
const MOST_PAGES = 1_000;
/** Pages in a row with nothing on them. */
const MOST_EMPTY = 20;

interface Page<Item> {
  readonly items: readonly Item[];
  readonly next: string | null;
}

/**
 * The items of a list, page by page. A node that names one page after the other without end is not followed.
 *
 * @param ask for the page after a cursor
 * @param isLong whether the list may be of any length, and its reader stops when he has enough
 * @throws SheafError NODE_INCONSISTENT, and the codes of `ask`
 */
export async function* everyPage<Item>(
  ask: (cursor: string | undefined) => Promise<Page<Item>>,
  isLong = false,
): AsyncGenerator<Item, void, undefined> {
  const cursors = new Set<string>();
  let [pages, empty] = [0, 0];
  for (let cursor: string | undefined; ; pages++) {
    const { items, next } = await ask(cursor);
    yield* items;
    if (next === null) return;
    empty = items.length === 0 ? empty + 1 : 0;
    if (cursors.has(next) || empty > MOST_EMPTY || (!isLong && pages > MOST_PAGES)) {
      throw new SheafError(
        "NODE_INCONSISTENT",
        `the node's list does not end: after ${pages + 1} pages it names ${next}`,
      );
    }
    cursors.add(next);
    cursor = next;
  }
}
