import { useState } from "preact/hooks";
import type { Batch } from "./node.ts";
import { useEvents } from "./live.ts";

export interface Progress {
  readonly phase: string;
  readonly fraction: number;
}

/** How far the proofs of batches are: as the batches say, then as events do. */
export function useProgress(): (batch: Batch) => Progress | undefined {
  const [newest, setNewest] = useState<ReadonlyMap<number, Progress>>(new Map());
  useEvents((event) => {
    if (event.type === "progress") setNewest((last) => new Map(last).set(event.data.batch, event.data));
    if (event.type === "batch" && event.data.status !== "batched") {
      setNewest((last) => new Map([...last].filter(([number]) => number !== event.data.number)));
    }
  });
  return (batch) => (batch.status === "batched" ? (newest.get(batch.number) ?? batch.progress) : undefined);
}
