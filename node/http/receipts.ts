import { z } from "zod";
import type { Batch } from "../../api/schemas.ts";
import { amount, ask, quantity } from "../answers.ts";
import type { Rpc } from "../rpc.ts";
import { inTime } from "../in-time.ts";
import { Remembered } from "./remembered.ts";

type Gas = Pick<NonNullable<Batch["l1"]>, "gasUsed" | "gasPrice">;

const receipt = z.object({ gasUsed: quantity, effectiveGasPrice: amount });

/** What L1 transactions have cost, asked once for each. */
export class Receipts {
  readonly #known: Remembered<string, Gas>;

  constructor(rpc: Rpc) {
    this.#known = new Remembered(async (transaction) => {
      const { gasUsed, effectiveGasPrice } = await ask(rpc, receipt, "eth_getTransactionReceipt", transaction);
      return { gasUsed, gasPrice: effectiveGasPrice };
    });
  }

  /** Nothing where L1's node does not tell: what it costs is no reason to show no batch. */
  of(transaction: string): Promise<Gas> {
    return inTime(this.#known.get(transaction)).catch(() => ({}));
  }
}
