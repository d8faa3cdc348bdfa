import { id, type Provider } from "ethers";
import { BatchGas, type Priced } from "../l1/batch-gas.ts";
import { DataFees } from "../l1/data-fee.ts";
import { mostTip } from "../l1/gas-price.ts";
import { GLAMSTERDAM, gasScheduleOf, type GasSchedule } from "../l1/gas-schedule.ts";

/**
 * How many times what an operation costs on L1 a node may ask for it: it quotes a quarter more, at a price of a block or
 * two before, by what its own batches took.
 */
const FACTOR = 4n;
/** Bytes of a full batch's calldata, besides those of its transfers, and of each of these. */
const [BATCH_BYTES, TRANSFER_BYTES] = [600, 15.5];

/** The most that a wallet pays in fees without its owner's word, by what L1 asks for: nothing of it is a node's word. */
export class FeeLimits {
  readonly #provider: Provider;
  readonly #transfers: () => Promise<number>;
  readonly #dataFees: DataFees;
  #gas: Promise<BatchGas> | undefined;

  /** @param transfers room in the rollup's largest batch */
  constructor(provider: Provider, rollup: string, transfers: () => Promise<number>) {
    this.#provider = provider;
    this.#transfers = transfers;
    this.#dataFees = new DataFees((to, data) => provider.call({ to, data }), rollup);
  }

  /** In wei. */
  async of(kind: Priced): Promise<bigint> {
    const gas = await (this.#gas ??= this.#askGas().catch((error: unknown) => {
      this.#gas = undefined;
      throw error;
    }));
    const [price, dataFee] = await Promise.all([this.#price(), this.#dataFee()]);
    return FACTOR * (BigInt(gas.of(kind)) * price + gas.dataShare(dataFee, kind));
  }

  async #askGas(): Promise<BatchGas> {
    const [transfers, schedule] = await Promise.all([this.#transfers(), this.#schedule()]);
    const gas = new BatchGas(transfers);
    gas.schedule = schedule;
    return gas;
  }

  /** Where a node estimates nothing, the rules under which things are dearest. */
  async #schedule(): Promise<GasSchedule> {
    return gasScheduleOf(this.#provider).catch(() => GLAMSTERDAM);
  }

  async #price(): Promise<bigint> {
    const [block, { gasPrice, maxPriorityFeePerGas }] = await Promise.all([
      this.#provider.getBlock("latest"),
      this.#provider.getFeeData(),
    ]);
    const baseFee = block?.baseFeePerGas ?? null;
    if (baseFee === null) return gasPrice ?? 0n;
    const [tip, most] = [maxPriorityFeePerGas ?? 0n, mostTip(baseFee)];
    return baseFee + (tip < most ? tip : most);
  }

  async #dataFee(): Promise<bigint> {
    const transfers = await this.#transfers();
    const length = BATCH_BYTES + Math.ceil(TRANSFER_BYTES * transfers);
    let calldata = "0x";
    for (let n = 0; calldata.length < 2 * length; n++) calldata += id(`${n}`).slice(2);
    return this.#dataFees.of(calldata, BatchGas.ofFull(transfers));
  }
}
