import { SheafError } from "../../protocol/errors.ts";

/** A part of a list, of which pages are made: items in the list's order, each with its position. */
export interface Source<Item> {
  /** Distinguishes the part's cursors: a letter. */
  readonly name: string;
  /** Items beyond a position, or from the part's beginning. */
  list(beyond: string | undefined, limit: number): readonly { readonly item: Item; readonly position: string }[];
}

export interface Page<Item> {
  readonly items: Item[];
  readonly next: string | null;
}

export const DEFAULT_PAGE = 50;

/**
 * One page of a list that consists of several parts, one after the other.
 *
 * @param cursor `next` of the page before
 * @throws SheafError FIELD_INVALID if it is not one
 */
export function pageOf<Item>(
  sources: readonly Source<Item>[],
  cursor: string | undefined,
  limit: number = DEFAULT_PAGE,
): Page<Item> {
  const found: { item: Item; cursor: string }[] = [];
  const start = startOf(sources, cursor);
  let beyond = start.beyond;
  for (const { name, list } of sources.slice(start.first)) {
    // One more than fits tells whether there is another page.
    const part = list(beyond, limit + 1 - found.length);
    found.push(...part.map(({ item, position }) => ({ item, cursor: `${name}${position}` })));
    beyond = undefined;
    if (found.length > limit) break;
  }
  const shown = found.slice(0, limit);
  return { items: shown.map(({ item }) => item), next: found.length > limit ? shown.at(-1)!.cursor : null };
}

function startOf(sources: readonly Source<unknown>[], cursor: string | undefined) {
  if (cursor === undefined) return { first: 0, beyond: undefined };
  const first = sources.findIndex(({ name }) => cursor.startsWith(name));
  if (first === -1) throw new SheafError("FIELD_INVALID", `${cursor} is \`next\` of another list's page`);
  return { first, beyond: cursor.slice(1) };
}
