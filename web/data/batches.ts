import { useList, type LiveList } from "./list.ts";
import { node, type Batch } from "./node.ts";

/** The newest batches; older ones by `loadMore`. */
export const useBatches = (limit: number): LiveList<Batch> =>
  useList(
    `batches/${limit}`,
    (before) => node.batches({ limit, ...(before !== undefined && { before }) }),
    ({ type }) => type === "batch" || type === "state",
  );
