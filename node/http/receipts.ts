import { z } from "zod";
import type { Batch } from "../../api/schemas.ts";
import type { Rpc } from "../rpc.ts";
import { Remembered } from "./remembered.ts";

type Gas = Pick<NonNullable<Batch["l1"]>, "gasUsed" | "gasPrice">;

const quantity = z.string().regex(/^0x[0-9a-f]{1,64}$/i);
const receipt = z.looseObject({ gasUsed: quantity, effectiveGasPrice: quantity });

/** What L1 transactions have cost, asked once for each. */
export class Receipts {
  readonly #known: Remembered<string, Gas>;

  constructor(rpc: Rpc) {
    this.#known = new Remembered(async (transaction) => {
      const { gasUsed, effectiveGasPrice } = receipt.parse(await rpc("eth_getTransactionReceipt", [transaction]));
      return { gasUsed: Number(gasUsed), gasPrice: BigInt(effectiveGasPrice) };
    });
  }

  /** Nothing where L1's node does not tell: what it costs is no reason to show no batch. */
  of(transaction: string): Promise<Gas> {
    return this.#known.get(transaction).catch(() => ({}));
  }
}
