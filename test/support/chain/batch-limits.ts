import { ROLLUP } from "../../../l1/contract.ts";
import { GLAMSTERDAM, OSAKA } from "../../../l1/gas-schedule.ts";
import { submissionsIn } from "../../../node/follow/submissions.ts";
import { enoughGas } from "../../../node/submitter/call.ts";
import type { Fork, Mined } from "./replayed-chain.ts";

const SCHEDULES = { osaka: OSAKA, amsterdam: GLAMSTERDAM };

/** The gas limit that a node sets for batches that are not the next ones, so that nobody can estimate it. */
export const nodesLimit =
  (fork: Fork) =>
  ({ data }: Mined): number | undefined => {
    const name = ["submitBatch", "submitBatches"].find((name) => data.startsWith(ROLLUP.getFunction(name)!.selector));
    return name === undefined ? undefined : enoughGas(submissionsIn(data), data, SCHEDULES[fork]);
  };
