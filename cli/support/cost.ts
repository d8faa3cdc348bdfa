import { SheafError } from "../../protocol/errors.ts";
import { feeFloat } from "../../protocol/float.ts";
import type { ConnectedWallet } from "../../wallet/index.ts";
import { amountText, type NamedToken } from "../../wallet/named-tokens.ts";
import { amountIn, requireFloat } from "../../wallet/token-amounts.ts";
import { say } from "./output.ts";
import { confirm } from "./terminal.ts";

/** Fees that nobody named need a word of the user's own where they are more than this part of the amount. */
const SMALL_PART = 10n;

interface CostChoice {
  readonly fee?: string;
  readonly maxFee?: string;
  readonly yes?: true;
}

/** What an operation costs besides its amount, in base units. */
interface Cost {
  readonly fee: bigint;
  /** Fee of the receiver's account, if it is opened for this. */
  readonly opening?: bigint;
}

/**
 * Says what leaves the account in all, before anything is signed, and asks whether it is worth it where the node's fees are
 * a large part of it. `yes` answers where L1's price, or the most that was named, speaks for them; never for a node's word.
 *
 * @throws SheafError FEE_TOO_HIGH, FEE_UNCONFIRMED, AMOUNT_NOT_REPRESENTABLE, FIELD_INVALID
 */
export async function agreedCost(
  wallet: ConnectedWallet,
  kind: "transfer" | "withdrawal",
  amount: bigint,
  token: NamedToken,
  { fee: named, maxFee, yes, opens = false }: CostChoice & { readonly opens?: boolean },
): Promise<Cost> {
  const most = maxFee === undefined ? {} : { maxFee: amountIn(maxFee, token) };
  const fee = named === undefined ? await wallet.fee(token.id, kind, most) : amountIn(named, token);
  requireFloat(feeFloat, fee, token);
  const opening = opens ? await wallet.fee(token.id, "opening", most) : 0n;
  const text = costText(amount, fee, token, opening);
  say(`pays ${text}`);
  const asked = (named === undefined ? fee : 0n) + opening;
  const isSmall = asked * SMALL_PART <= amount;
  const isBounded = async (): Promise<boolean> =>
    maxFee !== undefined || (await wallet.feeLimit(token.id)) !== undefined;
  const isAgreed = isSmall || (yes === true && (await isBounded()));
  if (!isAgreed && !(await confirm("The fee is more than a tenth of the amount. Go on?"))) {
    const why = yes === true ? ", and only the node's word speaks for it" : "";
    throw new SheafError(
      "FEE_UNCONFIRMED",
      `${text}: the fee is more than a tenth of the amount${why}; nothing was signed`,
    );
  }
  return { fee, ...(opens && { opening }) };
}

/** An amount, its fee, and both together. */
export function costText(amount: bigint, fee: bigint, token: NamedToken, opening = 0n): string {
  return [
    amountText(amount, token),
    `fee ${amountText(fee, token)}`,
    ...(opening === 0n ? [] : [`opening the receiver's account ${amountText(opening, token)}`]),
    `total ${amountText(amount + fee + opening, token)}`,
  ].join(", ");
}
