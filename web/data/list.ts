import { useEffect } from "preact/hooks";
import type { LiveEvent } from "./live.ts";
import { useResource } from "./resource.ts";
import { useKept } from "./visit.ts";

interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | null;
}

/** A list of the node's, the newest first: its first page, and older ones on request. All of it is live. */
export interface LiveList<T> {
  readonly items: readonly T[] | undefined;
  readonly error?: Error;
  readonly hasMore: boolean;
  readonly isLoadingMore: boolean;
  readonly loadMore: () => void;
  readonly reload: () => void;
}

/**
 * @param key tells which list; with another one it begins anew
 * @param load the page after `cursor`, or the first
 */
export function useList<T>(
  key: string,
  load: (cursor?: string) => Promise<Page<T>>,
  isAffected: (event: LiveEvent) => boolean,
): LiveList<T> {
  const [wanted, setWanted] = useKept(`pages/${key}`, { key, pages: 1 });
  const pages = wanted.key === key ? wanted.pages : 1;
  // What is new moves items from page to page, so they are loaded together.
  const { value, error, reload } = useResource(key, () => loadPages(load, pages), isAffected);
  useEffect(() => {
    if (pages > 1) reload();
  }, [pages]);
  return {
    items: value?.items,
    ...(error && { error }),
    hasMore: value !== undefined && value.next !== null,
    isLoadingMore: value !== undefined && value.pages < pages && error === undefined,
    loadMore: () => setWanted({ key, pages: (value?.pages ?? 0) + 1 }),
    reload,
  };
}

async function loadPages<T>(
  load: (cursor?: string) => Promise<Page<T>>,
  pages: number,
): Promise<Page<T> & { readonly pages: number }> {
  const items: T[] = [];
  let next: string | null = null;
  for (let page = 0; page < pages && (page === 0 || next !== null); page++) {
    const loaded: Page<T> = await load(next ?? undefined);
    items.push(...loaded.items);
    next = loaded.next;
  }
  return { items, next, pages };
}
