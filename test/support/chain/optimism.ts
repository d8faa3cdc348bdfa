import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { concat, id, toBeHex, ZeroAddress } from "ethers";
import { GAS_PRICE_ORACLE } from "../../../l1/data-fee.ts";
import { Anvil } from "./anvil.ts";

/** Code as OP Stack chains have it: of @eth-optimism/contracts-bedrock 0.17.3 (MIT), which is Fjord's. */
const CODE = JSON.parse(readFileSync(resolve(import.meta.dirname, "optimism-predeploys.json"), "utf8")) as {
  readonly gasPriceOracle: string;
  readonly l1Block: string;
};
/** Where the older oracle stands behind the one that knows the operator's fee. */
const FJORD_ORACLE = "0xc0d3c0d3c0d3c0d3c0d3c0d3c0d3c0d3c0d30007";
const L1_BLOCK = "0x4200000000000000000000000000000000000015";

/** What the chain below asks for, in wei a gas, and what the rollup makes of it, in millionths. */
export interface DataFeeMarket {
  readonly baseFee: bigint;
  readonly blobBaseFee: bigint;
  readonly baseFeeScalar: bigint;
  readonly blobBaseFeeScalar: bigint;
  /** What the chain's operator asks for besides, since Isthmus: wei for a million gas, and for a transaction. */
  readonly operator?: { readonly scalar: bigint; readonly constant: bigint };
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
  await anvil.call("anvil_setCode", FJORD_ORACLE, CODE.gasPriceOracle);
  const oracle = market.operator === undefined ? CODE.gasPriceOracle : isthmusOracle(market.operator);
  await anvil.call("anvil_setCode", GAS_PRICE_ORACLE, oracle);
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
    [8n, market.operator === undefined ? 0n : (market.operator.scalar << 64n) | market.operator.constant],
  ] as const) {
    await anvil.call("anvil_setStorageAt", L1_BLOCK, word(slot), word(value));
  }
}

/** Fjord's oracle, with what Isthmus added: `getOperatorFee`. */
function isthmusOracle({ scalar, constant }: Required<DataFeeMarket>["operator"]): string {
  const operatorFee = id("getOperatorFee(uint256)").slice(0, 10);
  return concat([
    // If that is what is asked for, go on at 0x3b; or else let Fjord's code answer in this place, at 0x37 if it can.
    ...["0x5f3560e01c63", operatorFee, "0x14603b57"],
    ...["0x365f5f37", "0x5f5f365f73", FJORD_ORACLE, "0x5af4", "0x3d5f5f3e", "0x603757", "0x3d5ffd", "0x5b3d5ff3"],
    // gas * scalar / 1,000,000 + constant
    ...["0x5b600435", "0x67", toBeHex(scalar, 8), "0x02", "0x620f42409004"],
    ...["0x67", toBeHex(constant, 8), "0x01", "0x5f5260205ff3"],
  ]);
}

const word = (value: bigint): string => toBeHex(value, 32);
