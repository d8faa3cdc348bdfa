import { SheafError } from "../protocol/errors.ts";
import { inTime } from "./in-time.ts";
import type { Market } from "./submitter/fees.ts";
import { BatchGas, quote, type Quote, type QuoteRequest } from "./submitter/quote.ts";

/** Milliseconds. */
const BLOCK_TIME = 12_000;

export interface PricingOptions {
  /** Asks L1. */
  readonly market: () => Promise<Market>;
  /** Asks L1 what a full batch of the largest size costs besides its gas, in wei: something where a rollup serves as L1. */
  readonly dataFee?: (() => Promise<bigint>) | undefined;
  /** What an ether is worth in base units of each token; of tokens that are not named no fee is asked. */
  readonly prices?: ReadonlyMap<number, bigint> | undefined;
  /** Whether operations that offer less than the least fee are refused. */
  readonly charge?: boolean | undefined;
  /** Milliseconds after which L1 is asked again. Default: a block's time. */
  readonly fresh?: number | undefined;
}

type Costs = Pick<QuoteRequest, "market" | "dataFee">;

/** What operations cost, and what they must pay. */
export class Pricing {
  readonly #options: PricingOptions;
  readonly #transfers: number;
  readonly #gas = new BatchGas();
  #known: Costs | undefined;
  #asked: { readonly answer: Promise<Costs>; readonly at: number } | undefined;

  /** @param transfers room in the largest batch */
  constructor(options: PricingOptions, transfers: number) {
    this.#options = options;
    this.#transfers = transfers;
  }

  /** Notes what a batch took on L1. */
  note(gasUsed: bigint, transfers: number): void {
    this.#gas.add(gasUsed, transfers);
  }

  /** Throws the codes of `market` if L1 has never answered. */
  async quote(token: number): Promise<Quote> {
    const { prices = new Map<number, bigint>(), charge = false } = this.#options;
    const costs = await this.#costs();
    const quoted = quote({ token, ...costs, transfers: this.#transfers, batchGas: this.#gas.typical, prices });
    return charge ? quoted : { ...quoted, minimum: 0n };
  }

  /** Throws `FEE_TOO_LOW`. */
  async require(token: number, fee: bigint): Promise<void> {
    if (this.#options.charge !== true) return;
    const { minimum, fee: suggested } = await this.quote(token);
    if (fee >= minimum) return;
    throw new SheafError(
      "FEE_TOO_LOW",
      `the fee is ${fee}; the least is ${minimum} now, and ${suggested} is suggested`,
    );
  }

  /** The last known one while L1 does not answer soon. It is asked once for all who want to know. */
  async #costs(): Promise<Costs> {
    const { market, dataFee = () => Promise.resolve(0n), fresh = BLOCK_TIME } = this.#options;
    const now = performance.now();
    if (this.#asked === undefined || now - this.#asked.at >= fresh) {
      const both = Promise.all([market(), dataFee()]);
      const answer = both.then(([market, dataFee]) => (this.#known = { market, dataFee }));
      this.#asked = { answer: inTime(answer), at: now };
    }
    try {
      return await this.#asked.answer;
    } catch (error) {
      if (this.#known !== undefined) return this.#known;
      this.#asked = undefined;
      throw error;
    }
  }
}
