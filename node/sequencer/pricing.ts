import { BatchGas, type Contents, type Priced } from "../../l1/batch-gas.ts";
import { OSAKA, type GasSchedule } from "../../l1/gas-schedule.ts";
import { SheafError } from "../../protocol/errors.ts";
import { feeFloat } from "../../protocol/float.ts";
import { SYSTEM_CLOCK, type Clock } from "../clock.ts";
import { inTime } from "../l1/l1-timeout.ts";
import type { Market } from "../submitter/fees.ts";
import { quote, representable, WEI_PER_ETHER, withMargin, worthOf, type Prices } from "../submitter/quote.ts";

/** Milliseconds. */
const BLOCK_TIME = 12_000;
/** How long L1's rules are remembered, in milliseconds: a fork is rare, and its rules take several calls to ask for. */
const RULES_LAST = 600_000;
const ETH = 0;

export interface PricingOptions {
  /** Asks L1. */
  readonly market: () => Promise<Market>;
  /**
   * Asks L1 what a full batch of the largest size costs besides its gas, in wei: something where a rollup serves as L1; what a
   * blob costs where transfers are in blobs.
   */
  readonly dataFee?: (() => Promise<bigint>) | undefined;
  /** Asks L1 for its fork's rules. Default: those that every Ethereum has since December 2025. */
  readonly schedule?: (() => Promise<GasSchedule>) | undefined;
  /** What an ether is worth in base units of each token, by id. */
  readonly prices?: ReadonlyMap<number, bigint> | undefined;
  /** Whether an operation that does not pay for itself is refused; else no fee is asked of anybody. */
  readonly charge?: boolean | undefined;
  /** Milliseconds after which L1 is asked again. Default: a block's time. */
  readonly fresh?: number | undefined;
  readonly clock?: Clock;
}

interface Known {
  readonly market: Market;
  readonly dataFee: bigint;
}

/** What a batch holds, and what it earns. */
export interface BatchBill extends Contents {
  readonly token: number;
  /** In base units of the token. */
  readonly fees: bigint;
  /** Withdrawals to L1 addresses that have nothing to pull. */
  readonly newCredits: number;
}

/** What operations cost, and what they must pay. */
export class Pricing {
  readonly #options: PricingOptions;
  readonly #gas: BatchGas;
  #rules: { readonly schedule: GasSchedule; readonly at: number } | undefined;
  #known: Known | undefined;
  #asked: { readonly answer: Promise<Known>; readonly at: number } | undefined;

  readonly #inBlobs: boolean;

  /**
   * @param transfers room in the largest batch
   * @param inBlobs whether transfers are in blobs
   */
  constructor(options: PricingOptions, transfers: number, inBlobs = false) {
    this.#options = options;
    this.#inBlobs = inBlobs;
    this.#gas = new BatchGas(transfers, inBlobs);
  }

  /** Whether operations must pay for themselves. */
  get charges(): boolean {
    return this.#options.charge === true;
  }

  /** Notes what the batches of a transaction took on L1. */
  note(gasUsed: bigint, ...batches: readonly Contents[]): void {
    this.#gas.add(gasUsed, ...batches);
  }

  /** Wei that a batch costs less in one transaction with others, by what L1 last said: 0 if it never answered. */
  savedTogether(contents: Contents): bigint {
    if (this.#known === undefined) return 0n;
    const { market, dataFee } = this.#known;
    const gas = BigInt(this.#gas.savedTogether(contents)) * (market.baseFee + market.priorityFee);
    // Those that share a blob pay for one.
    return this.#inBlobs ? gas + dataFee : gas;
  }

  /**
   * What operations with a token cost now. Where nobody is charged, a token without a price has no fees.
   *
   * @throws SheafError TOKEN_UNPRICED, and the codes of `market` if L1 has never answered
   */
  async quote(token: number): Promise<Prices> {
    const price = this.#priceOf(token);
    const { market, dataFee } = await this.#ask();
    return quote({ token, market, dataFee, gas: this.#gas, price, charge: this.charges });
  }

  /** Throws `FEE_TOO_LOW`, `TOKEN_UNPRICED`. */
  async require(kind: Priced, token: number, fee: bigint): Promise<void> {
    if (!this.charges) return;
    const { minimum, fee: suggested } = (await this.quote(token))[kind];
    if (fee >= minimum) return;
    const what = NAMES[kind];
    throw new SheafError(
      "FEE_TOO_LOW",
      `the fee is ${fee}; ${what} costs ${minimum} now, and ${suggested} is suggested`,
    );
  }

  /** Asks L1 for the numbers that `pays` and `savedTogether` go by. If it does not answer, the last known ones count. */
  async refresh(): Promise<void> {
    await this.#ask().catch(() => undefined);
  }

  /** Whether a batch's fees pay for it, by what L1 last said. */
  pays({ token, fees, newCredits, ...contents }: BatchBill): boolean {
    if (!this.charges) return true;
    const price = this.#named(token);
    if (this.#known === undefined || price === undefined) return false;
    return fees * WEI_PER_ETHER >= this.#costOf(this.#known, contents, newCredits) * price;
  }

  /**
   * The fee with which a transfer pays for the batch of all that waits with a token and itself: as much as these lack.
   *
   * @param fee that is suggested, and is never too much
   */
  promptFee({ token, fees, newCredits, ...contents }: BatchBill, fee: bigint): bigint {
    const price = this.#named(token);
    if (!this.charges || this.#known === undefined || price === undefined) return fee;
    const cost = this.#costOf(this.#known, { ...contents, transfers: contents.transfers + 1 }, newCredits);
    const lacking = worthOf(withMargin(cost), price) - fees;
    return lacking > fee ? representable(feeFloat, lacking) : fee;
  }

  /** Wei. */
  #costOf({ market: { baseFee, priorityFee }, dataFee }: Known, contents: Contents, newCredits: number): bigint {
    const gas = BigInt(this.#gas.ofBatch(contents, newCredits));
    return gas * (baseFee + priorityFee) + this.#gas.dataPart(dataFee, contents);
  }

  #named(token: number): bigint | undefined {
    return token === ETH ? WEI_PER_ETHER : this.#options.prices?.get(token);
  }

  #priceOf(token: number): bigint {
    const price = this.#named(token);
    if (price !== undefined) return price;
    if (!this.charges) return 0n;
    throw new SheafError("TOKEN_UNPRICED", `the operator has named no price for token ${token}, so no fee in it pays`);
  }

  /** The last known answers while L1 does not answer soon. It is asked once for all who want to know. */
  async #ask(): Promise<Known> {
    const { fresh = BLOCK_TIME, clock = SYSTEM_CLOCK } = this.#options;
    const now = clock.elapsed();
    if (this.#asked === undefined || now - this.#asked.at >= fresh) {
      const answer = this.#askL1().then((answer) => (this.#known = answer));
      this.#asked = { answer: inTime(answer, clock), at: now };
    }
    try {
      return await this.#asked.answer;
    } catch (error) {
      if (this.#known !== undefined) return this.#known;
      this.#asked = undefined;
      throw error;
    }
  }

  async #askL1(): Promise<Known> {
    const { market, dataFee = () => Promise.resolve(0n) } = this.#options;
    const [prices, data, schedule] = await Promise.all([market(), dataFee(), this.#schedule()]);
    this.#gas.schedule = schedule;
    return { market: prices, dataFee: data };
  }

  async #schedule(): Promise<GasSchedule> {
    const { schedule, clock = SYSTEM_CLOCK } = this.#options;
    const now = clock.elapsed();
    if (this.#rules === undefined || now - this.#rules.at >= RULES_LAST) {
      this.#rules = { schedule: (await schedule?.()) ?? OSAKA, at: now };
    }
    return this.#rules.schedule;
  }
}

const NAMES: Readonly<Record<Priced, string>> = {
  transfer: "a transfer",
  opening: "a transfer that opens an account",
  withdrawal: "a withdrawal",
  firstWithdrawal: "a withdrawal to an L1 address that has nothing to pull yet",
};
