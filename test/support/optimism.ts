import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { toBeHex, ZeroAddress } from "ethers";
import { GAS_PRICE_ORACLE } from "../../l1/data-fee.ts";
import { Anvil } from "./anvil.ts";

/** Code as OP Stack chains have it: of @eth-optimism/contracts-bedrock 0.17.3 (MIT), which is Fjord's. */
const CODE = JSON.parse(readFileSync(resolve(import.meta.dirname, "optimism-predeploys.json"), "utf8")) as {
  readonly gasPriceOracle: string;
  readonly l1Block: string;
};
const L1_BLOCK = "0x4200000000000000000000000000000000000015";

/** What the chain below asks for, in wei a gas, and what the rollup makes of it, in millionths. */
export interface DataFeeMarket {
  readonly baseFee: bigint;
  readonly blobBaseFee: bigint;
  readonly baseFeeScalar: bigint;
  readonly blobBaseFeeScalar: bigint;
}

/** OP Mainnet's scalars on a day when Ethereum is busy. */
export const BUSY: DataFeeMarket = {
  baseFee: 30n * 10n ** 9n,
  blobBaseFee: 5n * 10n ** 9n,
  baseFeeScalar: 5227n,
  blobBaseFeeScalar: 1014213n,
};

/** A chain of the OP Stack that charges for data as real ones do: Anvil knows the charge, but has no predeployed contracts. */
export async function startOptimism(market: DataFeeMarket = BUSY, ...args: readonly string[]): Promise<Anvil> {
  const anvil = await Anvil.start("-n", "optimism", ...args);
  await anvil.call("anvil_setCode", GAS_PRICE_ORACLE, CODE.gasPriceOracle);
  await anvil.call("anvil_setCode", L1_BLOCK, CODE.l1Block);
  // isEcotone and isFjord.
  await anvil.call("anvil_setStorageAt", GAS_PRICE_ORACLE, word(0n), word(0x0101n));
  // Anvil takes the charge even for a call, of which a sender that is not named is the zero address.
  await anvil.call("anvil_setBalance", ZeroAddress, word(10n ** 24n));
  await setDataFees(anvil, market);
  return anvil;
}

export async function setDataFees(anvil: Anvil, market: DataFeeMarket): Promise<void> {
  const scalars = (market.baseFeeScalar << 96n) | (market.blobBaseFeeScalar << 64n);
  for (const [slot, value] of [
    [1n, market.baseFee],
    [3n, scalars],
    [7n, market.blobBaseFee],
  ] as const) {
    await anvil.call("anvil_setStorageAt", L1_BLOCK, word(slot), word(value));
  }
}

const word = (value: bigint): string => toBeHex(value, 32);
