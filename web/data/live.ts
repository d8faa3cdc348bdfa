import { useEffect, useRef, useState } from "preact/hooks";
import type { NodeEvent } from "../../api/client.ts";
import { sleep } from "../../lib/sleep.ts";
import { node } from "./node.ts";

/** What the node sends; `connected` when the stream begins anew, since which anything may have happened. */
export type LiveEvent = NodeEvent | { readonly type: "connected" };
type Listener = (event: LiveEvent) => void;

/** Milliseconds before a stream that broke off is opened again. */
const PAUSE = 2_000;

const listeners = new Set<Listener>();
const watchers = new Set<(isLive: boolean) => void>();
let isLive = false;
/** Unix time in seconds since which no event could arrive; undefined while they do. */
let awaySince: number | undefined;

/**
 * Follows the node's events for as long as the page is open: one stream for all parts of it, and none while nobody sees
 * the tab, since a browser has only six connections to a server for all tabs of a site.
 */
export async function followEvents(): Promise<never> {
  for (;;) {
    await untilSeen();
    const left = new AbortController();
    const leave = (): void => left.abort();
    // A tab that is seen can only become hidden.
    document.addEventListener("visibilitychange", leave, { once: true });
    try {
      // The stream begins with the state as it is, so that its opening is seen at once.
      for await (const event of node.events(left.signal)) {
        setLive(true);
        tell(event);
      }
    } catch {
      // The node is away; the header says so.
    }
    document.removeEventListener("visibilitychange", leave);
    setLive(false);
    if (!left.signal.aborted) await sleep(PAUSE);
  }
}

async function untilSeen(): Promise<void> {
  while (document.hidden) {
    await new Promise((done) => document.addEventListener("visibilitychange", done, { once: true }));
  }
}

function setLive(value: boolean): void {
  if (value === isLive) return;
  isLive = value;
  awaySince = value ? undefined : Date.now() / 1000;
  for (const watch of watchers) watch(value);
  if (value) tell({ type: "connected" });
}

function tell(event: LiveEvent): void {
  for (const listener of listeners) listener(event);
}

/** Calls the newest `listener` with each event while the component is there. */
export function useEvents(listener: Listener): void {
  const newest = useRef(listener);
  newest.current = listener;
  useEffect(() => {
    const listen: Listener = (event) => newest.current(event);
    listeners.add(listen);
    return () => void listeners.delete(listen);
  }, []);
}

/** Since when the node has not been heard, in Unix seconds; undefined while it is, and before it ever was. */
export const silentSince = (): number | undefined => awaySince;

/** Whether events arrive. */
export function useIsLive(): boolean {
  const [value, setValue] = useState(isLive);
  useEffect(() => {
    watchers.add(setValue);
    setValue(isLive);
    return () => void watchers.delete(setValue);
  }, []);
  return value;
}
