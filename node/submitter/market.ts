import * as z from "zod";
import { SheafError } from "../../protocol/errors.ts";
import { amount, ask } from "../l1/rpc-schemas.ts";
import type { Rpc } from "../l1/rpc.ts";
import type { Market } from "./fees.ts";

const blockSchema = z.object({ baseFeePerGas: amount.nullish() });
const blobHistorySchema = z.object({ baseFeePerBlobGas: z.array(amount).min(1) });
const historySchema = z.object({ reward: z.array(z.array(amount).min(1)).min(1) });

/** What blocks ask for now. Throws the codes of `ask`. */
export async function marketOf(rpc: Rpc): Promise<Market> {
  const { baseFeePerGas: baseFee } = await ask(rpc, blockSchema, "eth_getBlockByNumber", "latest", false);
  if (baseFee != null) return { baseFee, priorityFee: await tip(rpc, baseFee) };
  return { baseFee: 0n, priorityFee: await ask(rpc, amount, "eth_gasPrice"), isLegacy: true };
}

/** Each way that a node may have to say what a tip is, the best first. */
async function tip(rpc: Rpc, baseFee: bigint): Promise<bigint> {
  const ways = [
    () => ask(rpc, amount, "eth_maxPriorityFeePerGas"),
    () => usualTip(rpc),
    async () => larger((await ask(rpc, amount, "eth_gasPrice")) - baseFee, 0n),
  ];
  for (;;) {
    try {
      return await ways.shift()!();
    } catch (error) {
      if (!isUnknown(error) || ways.length === 0) throw error;
    }
  }
}

/** The median of the tips that were the medians of the last blocks. */
async function usualTip(rpc: Rpc): Promise<bigint> {
  const { reward } = await ask(rpc, historySchema, "eth_feeHistory", "0xa", "latest", [50]);
  const tips = reward.map(([median]) => median!).toSorted((a, b) => (a < b ? -1 : 1));
  return tips[Math.floor(tips.length / 2)]!;
}

/** What a blob's gas costs in the next block, in wei. Throws the codes of `ask`. */
export async function blobBaseFeeOf(rpc: Rpc): Promise<bigint> {
  try {
    return await ask(rpc, amount, "eth_blobBaseFee");
  } catch (error) {
    if (!isUnknown(error)) throw error;
    const { baseFeePerBlobGas } = await ask(rpc, blobHistorySchema, "eth_feeHistory", "0x1", "latest", []);
    return baseFeePerBlobGas.at(-1)!;
  }
}

/** Whether a node does not know a call, or answers it in another form. */
const isUnknown = (error: unknown): boolean =>
  error instanceof SheafError && ["RPC_REFUSED", "RPC_MALFORMED"].includes(error.code);

const larger = (a: bigint, b: bigint): bigint => (a > b ? a : b);
