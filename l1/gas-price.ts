import type { FeeData, Signer } from "ethers";
import { SheafError } from "../protocol/errors.ts";

const GWEI = 10n ** 9n;
/** A tip that is enough wherever blocks have room, whatever their base fee is. */
const ENOUGH = 2n * GWEI;
/** More than anybody had to tip for long. */
const MOST_TIP = 100n * GWEI;
/** On a chain without base fees nothing says what is too much; whoever asks for this means the account's balance. */
const MOST_PRICE = 10_000n * GWEI;

/** What a transaction offers for a gas, in wei. */
export type GasOffer = Pick<FeeData, "maxFeePerGas" | "maxPriorityFeePerGas">;

/** The most that a tip may be: a few times the base fee, which all pay. Only a node's word says that more is needed. */
export function mostTip(baseFee: bigint): bigint {
  const most = 2n * baseFee + ENOUGH;
  return most < MOST_TIP ? most : MOST_TIP;
}

/**
 * What to offer in place of what L1's node suggests, where that is more than reason: nothing is lost by a lower tip but
 * time, while a higher one is paid.
 *
 * @throws SheafError FEE_TOO_HIGH if the chain has no base fees, and the node names a price beyond all that there was
 */
export async function boundedOffer({ provider }: Signer): Promise<Partial<GasOffer>> {
  if (provider === null) return {};
  const { maxFeePerGas, maxPriorityFeePerGas, gasPrice } = await provider.getFeeData();
  if (maxFeePerGas === null || maxPriorityFeePerGas === null) {
    if (gasPrice === null || gasPrice <= MOST_PRICE) return {};
    throw new SheafError(
      "FEE_TOO_HIGH",
      `the L1 node asks for ${gasPrice / GWEI} gwei a gas; at most ${MOST_PRICE / GWEI} are paid`,
    );
  }
  // As ethers makes the sum: room for the base fee to double.
  const room = maxFeePerGas - maxPriorityFeePerGas;
  const tip = mostTip(room / 2n);
  return maxPriorityFeePerGas <= tip ? {} : { maxFeePerGas: room + tip, maxPriorityFeePerGas: tip };
}
