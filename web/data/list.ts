import { useState } from "preact/hooks";
import type { LiveEvent } from "./live.ts";
import { useResource } from "./resource.ts";

interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | null;
}

/** A list of the node's, the newest first: its first page is live, older pages are added on request. */
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
 * @param load a page, that before `before` or the first
 * @param idOf tells items apart: the newest state of each is shown
 */
export function useList<T>(
  key: string,
  load: (before?: string) => Promise<Page<T>>,
  idOf: (item: T) => string | number,
  isAffected: (event: LiveEvent) => boolean,
): LiveList<T> {
  const first = useResource(key, () => load(), isAffected);
  const [kept, setKept] = useState<Older<T>>({ ...NONE, key });
  const older: Older<T> = kept.key === key ? kept : { ...NONE, key };

  const next = older.next === undefined ? (first.value?.next ?? null) : older.next;
  const loadMore = (): void => {
    if (next === null || older.isLoading) return;
    setKept({ ...older, isLoading: true, error: undefined });
    const keep = (result: Partial<Older<T>>): void =>
      setKept((last) => (last.key === key ? { ...older, ...result, isLoading: false } : last));
    load(next).then(
      (page) => keep({ items: [...older.items, ...page.items], next: page.next, error: undefined }),
      (error: unknown) => keep({ error: error as Error }),
    );
  };
  const known = new Map<string | number, T>();
  for (const item of [...(first.value?.items ?? []), ...older.items]) {
    if (!known.has(idOf(item))) known.set(idOf(item), item);
  }
  const error = first.error ?? older.error;
  return {
    items: first.value && [...known.values()],
    ...(error && { error }),
    hasMore: next !== null,
    isLoadingMore: older.isLoading,
    loadMore,
    reload: first.reload,
  };
}

interface Older<T> {
  readonly key: string;
  readonly items: readonly T[];
  /** Undefined: no older page was loaded yet. */
  readonly next?: string | null | undefined;
  readonly isLoading: boolean;
  readonly error?: Error | undefined;
}
const NONE = { items: [], isLoading: false };
