import { useEffect, useState } from "preact/hooks";

/** Seconds between two looks at the clock. */
const TICK = 5;

const watchers = new Set<(now: number) => void>();
setInterval(() => {
  for (const watch of watchers) watch(nowInSeconds());
}, TICK * 1000);

const nowInSeconds = (): number => Date.now() / 1000;

/** Unix time in seconds; the component is drawn again as it goes on. */
export function useNow(): number {
  const [now, setNow] = useState(nowInSeconds);
  useEffect(() => {
    watchers.add(setNow);
    return () => void watchers.delete(setNow);
  }, []);
  return now;
}
