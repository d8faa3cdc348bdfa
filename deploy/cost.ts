import { concat, dataLength, getBytes, formatEther, formatUnits, id, type Provider } from "ethers";
import { dataFeesOf } from "../l1/gas-money.ts";
import type { GasSchedule } from "../l1/gas-schedule.ts";
import { SheafError } from "../protocol/errors.ts";

/** A transaction of a deployment, as far as its gas depends on it. */
export interface CostedStep {
  readonly name: string;
  readonly gas: number;
  /** Of a contract's creation. */
  readonly data?: string;
}

/** What a deployment will cost, before anything is sent. */
export interface DeploymentCost {
  /** Of all that is still to be sent. */
  readonly gas: number;
  /** Wei, by what gas costs now, and data. */
  readonly wei: bigint;
  /** Wei that the deployer must have: nodes ask for as much, in case gas gets dearer on the way. */
  readonly needed: bigint;
}

/**
 * Gas of a contract's creation. A node cannot estimate it, as a constructor may ask for contracts that are not there yet.
 *
 * @param initcode with the constructor's arguments
 * @param newSlots storage slots that the constructor writes to
 */
export function creationGas(initcode: string, code: string, newSlots: number, schedule: GasSchedule): number {
  const calldata = getBytes(initcode).reduce((sum, byte) => sum + (byte === 0 ? 4 : 16), 0);
  const words = Math.ceil(dataLength(initcode) / 32);
  const deposit = schedule.codeByte * dataLength(code);
  return schedule.creation + calldata + 2 * words + deposit + schedule.newSlot * newSlots + EXECUTION_GAS;
}

/** Storage slots that a call writes to. */
export interface Writes {
  readonly newSlots: number;
  readonly changedSlots: number;
}

export const callGas = ({ newSlots, changedSlots }: Writes, schedule: GasSchedule): number =>
  schedule.transaction + schedule.newSlot * newSlots + schedule.changedSlot * changedSlots + EXECUTION_GAS;

/** What a constructor or a call of a deployment executes besides. */
const EXECUTION_GAS = 10_000;

/** As long as the longest call of a deployment, the one that hands it over to its timelock; and as hard to compress. */
const CALL_DATA = concat(Array.from({ length: 24 }, (_, i) => id(`call data ${i}`)));

/** By what gas costs now, and data, where a rollup serves as L1. */
export async function costOf(steps: readonly CostedStep[], provider: Provider) {
  const fees = dataFeesOf(provider);
  const besides = await steps.reduce(
    async (sum, { data = CALL_DATA, gas }) => (await sum) + (await fees.of(data, gas)),
    Promise.resolve(0n),
  );
  const gas = steps.reduce((sum, step) => sum + step.gas, 0);
  const { maxFeePerGas, maxPriorityFeePerGas, gasPrice } = await provider.getFeeData();
  const baseFee = (await provider.getBlock("latest"))?.baseFeePerGas;
  const price = baseFee != null && maxPriorityFeePerGas !== null ? baseFee + maxPriorityFeePerGas : (gasPrice ?? 0n);
  return {
    gas,
    wei: BigInt(gas) * price + besides,
    // Data may get dearer as gas may.
    needed: BigInt(gas) * (maxFeePerGas ?? price) + 2n * besides,
  } satisfies DeploymentCost;
}

/** Throws `DEPLOY_FUNDS_MISSING`. */
export function requireFunds(deployer: string, balance: bigint, { gas, wei, needed }: DeploymentCost): void {
  if (balance >= needed) return;
  throw new SheafError(
    "DEPLOY_FUNDS_MISSING",
    `the deployer ${deployer} has ${formatEther(balance)} ETH; the deployment takes about ${gas.toLocaleString("en")} gas, ` +
      `which cost ${formatEther(wei)} ETH now, and ${formatEther(needed)} ETH must be there, as gas may get dearer`,
  );
}

/** In words, for people. */
export const costText = (gas: number, wei: bigint): string =>
  `${gas.toLocaleString("en")} gas, ${formatEther(wei)} ETH` +
  (gas > 0 ? ` (${Number(formatUnits(wei / BigInt(gas), "gwei")).toPrecision(3)} gwei a gas)` : "");
