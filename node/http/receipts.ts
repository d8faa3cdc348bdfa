import * as z from "zod";
import type { Batch } from "../../api/schemas.ts";
import { DataFees } from "../../l1/data-fee.ts";
import { Memoised } from "../../lib/memoised.ts";
import { inTime } from "../l1/l1-timeout.ts";
import { amount, ask, hex, quantity } from "../l1/rpc-schemas.ts";
import type { Rpc } from "../l1/rpc.ts";

type Gas = Pick<NonNullable<Batch["l1"]>, "gasUsed" | "gasPrice" | "dataFee">;

const receipt = z.object({
  gasUsed: quantity,
  effectiveGasPrice: amount,
  l1Fee: amount.nullish(),
  blobGasUsed: amount.nullish(),
  blobGasPrice: amount.nullish(),
});
const call = z.object({ input: hex });

/** What L1 transactions have cost, asked once for each. */
export class Receipts {
  readonly #known: Memoised<string, Gas>;

  constructor(rpc: Rpc) {
    const fees = new DataFees((to, data) => ask(rpc, hex, "eth_call", { to, data }, "latest"));
    this.#known = new Memoised(async (transaction) => {
      const found = await ask(rpc, receipt, "eth_getTransactionReceipt", transaction);
      const { gasUsed, effectiveGasPrice, l1Fee, blobGasUsed, blobGasPrice } = found;
      const gas = { gasUsed, gasPrice: effectiveGasPrice };
      const ofBlob = (blobGasUsed ?? 0n) * (blobGasPrice ?? 0n);
      const ofOperator = await fees.ofOperator(gasUsed);
      if (fees.isFree) return ofBlob === 0n ? gas : { ...gas, dataFee: ofBlob };
      // Not every node of such a chain says what the bytes cost: then it is what they cost now.
      const ofData =
        l1Fee ?? (await fees.ofData((await ask(rpc, call, "eth_getTransactionByHash", transaction)).input));
      return { ...gas, dataFee: ofData + ofOperator + ofBlob };
    });
  }

  /** Nothing if L1's node does not tell: a batch is shown without its cost, too. */
  of(transaction: string): Promise<Gas> {
    return inTime(this.#known.get(transaction)).catch(() => ({}));
  }
}
