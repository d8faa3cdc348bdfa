import type { ContractTransactionResponse } from "ethers";
import type { PublishedBatch } from "../../../../protocol/words.ts";
import { encodeWords } from "../../../../protocol/words.ts";
import type { Rollup } from "../../../../types/generated/index.ts";
import { BENEFICIARY, COMMITMENT, nextBatch, PROOF, SIZES, type Bench, type Proof } from "../rollup.ts";
import type { Model } from "./model.ts";

/** The contract under test, its users, and how many calls were made of it. */
export class Calls {
  made = 0;
  readonly bench: Bench;
  readonly users: readonly Bench["alice"][];

  constructor(bench: Bench, users: readonly Bench["alice"][]) {
    this.bench = bench;
    this.users = users;
  }

  as(user: number): Rollup {
    return this.bench.rollup.connect(this.users[user]!);
  }

  address(user: number): string {
    return this.users[user]!.address;
  }

  /** Makes a call in a block of the model's time. Returns the name of its error, or "ok". */
  async outcome(model: Model, call: () => Promise<ContractTransactionResponse>): Promise<string> {
    this.made++;
    await this.bench.networkHelpers.time.setNextBlockTimestamp(model.time);
    try {
      await call();
      return "ok";
    } catch (error) {
      const reason = this.bench.rollup.interface.parseError(returnData(error) ?? "0x");
      if (reason === null) throw error;
      return reason.name;
    }
  }

  /** Gives the rollup so much of the token. */
  async refill(amount: bigint): Promise<void> {
    await this.bench.token.mint(this.bench.rollup, amount);
  }

  batch(model: Model, size: number, by: number, changes: Partial<PublishedBatch>, refundAddresses: string[]) {
    return async (): Promise<ContractTransactionResponse> => {
      const batch = await nextBatch(this.bench, { timestamp: model.time, ...changes });
      const words = encodeWords(SIZES[size]!, batch);
      return this.as(by).submitBatch(size, [...PROOF] as Proof, COMMITMENT, words, refundAddresses, BENEFICIARY);
    };
  }
}

/** What a call returned that was reverted, from an error or what caused it. */
function returnData(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { data } = error as { data?: unknown };
  return typeof data === "string" ? data : returnData(error.cause);
}
