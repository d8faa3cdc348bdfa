import { useList, type LiveList } from "./list.ts";
import { node, type Batch } from "./node.ts";

/** The newest batches; older ones by `loadMore`. */
export const useBatches = (limit: number): LiveList<Batch> =>
  useList(
    `batches/${limit}`,
    (before) => node.batches({ limit, ...(before !== undefined && { before }) }),
    ({ type }) => type === "batch" || type === "state",
  );

/** Gas on L1 by transfer; undefined before the batch is there, and for one without transfers. */
export function gasPerTransfer({ l1, transfers }: Batch): number | undefined {
  return l1?.gasUsed === undefined || transfers === 0 ? undefined : Math.round(l1.gasUsed / transfers);
}
