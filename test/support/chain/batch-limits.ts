import { getBytes } from "ethers";
import { ROLLUP } from "../../../l1/contract.ts";
import { GLAMSTERDAM, OSAKA } from "../../../l1/gas-schedule.ts";
import { enoughGas } from "../../../node/submitter/call.ts";
import type { Fork, Mined } from "./replayed-chain.ts";

const SCHEDULES = { osaka: OSAKA, amsterdam: GLAMSTERDAM };

/** The gas limit that a node sets for a batch that is not the next one, so that nobody can estimate it. */
export const nodesLimit =
  (fork: Fork) =>
  ({ data }: Mined): number | undefined => {
    if (!data.startsWith(ROLLUP.getFunction("submitBatch")!.selector)) return undefined;
    const words = getBytes(ROLLUP.decodeFunctionData("submitBatch", data)["words"] as string);
    return enoughGas({ words }, data, SCHEDULES[fork]);
  };
