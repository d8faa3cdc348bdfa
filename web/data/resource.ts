import { useEffect, useRef, useState } from "preact/hooks";
import type { LiveEvent } from "./live.ts";
import { useEvents } from "./live.ts";

/** Something of the node's: not there yet, there, or not to be had. After an error the last value stays. */
export interface Resource<T> {
  readonly value?: T;
  readonly error?: Error;
  readonly reload: () => void;
}

/** At most one reload in so many milliseconds, however many events there are. */
const REST = 500;

/**
 * Loads something, again when the key changes, and again after events that affect it.
 *
 * @param key tells what is loaded; undefined: nothing
 */
export function useResource<T>(
  key: string | undefined,
  load: () => Promise<T>,
  isAffected: (event: LiveEvent) => boolean = () => false,
): Resource<T> {
  const [loaded, setLoaded] = useState<Loaded<T>>({ key, order: 0 });
  const started = useRef(0);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  // What is reloaded later is what is wanted then.
  const newest = useRef({ key, load });
  newest.current = { key, load };

  const reload = (): void => {
    const { key, load } = newest.current;
    if (key === undefined) return;
    const order = ++started.current;
    const keep = (result: Partial<Loaded<T>>): void =>
      // Answers that arrive out of order, or after the page has moved on, are dropped.
      setLoaded((last) => (order < last.order ? last : { ...(last.key === key ? last : {}), ...result, key, order }));
    load().then(
      (value) => keep({ value, error: undefined }),
      (error: unknown) => keep({ error: error as Error }),
    );
  };
  useEffect(() => {
    reload();
    return () => {
      clearTimeout(timer.current);
      timer.current = undefined;
      // What is still under way belongs to another key now.
      setLoaded((last) => ({ ...last, order: ++started.current }));
    };
  }, [key]);
  useEvents((event) => {
    if (timer.current !== undefined || !(event.type === "connected" || isAffected(event))) return;
    timer.current = setTimeout(() => {
      timer.current = undefined;
      reload();
    }, REST);
  });

  const { value, error } = loaded.key === key ? loaded : {};
  return { ...(value !== undefined && { value }), ...(error && { error }), reload };
}

interface Loaded<T> {
  readonly key: string | undefined;
  /** Of the request whose answer this is. */
  readonly order: number;
  readonly value?: T | undefined;
  readonly error?: Error | undefined;
}
