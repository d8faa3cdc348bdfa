import { SheafError } from "../../protocol/errors.ts";
import { amountFloat, feeFloat } from "../../protocol/float.ts";
import type { ConnectedWallet, ReceiverAccount } from "../../wallet/index.ts";
import type { TransferOptions } from "../transfer.ts";
import { say } from "./output.ts";
import { withProgress } from "./progress.ts";
import { confirm } from "./prompt.ts";
import { amountIn, requireFloat, tokenNamed } from "./token-amounts.ts";
import { settle } from "./wait-for.ts";

/** Makes a transfer, after the user has seen whom it pays. Returns what became of it, and the receiver. */
export async function pay(wallet: ConnectedWallet, to: string, text: string, options: TransferOptions) {
  const token = await tokenNamed(wallet, options.token);
  const amount = amountIn(text, token);
  requireFloat(amountFloat, amount, token);
  const fee = options.fee === undefined ? undefined : amountIn(options.fee, token);
  if (fee !== undefined) requireFloat(feeFloat, fee, token);
  const receiver = await receiverOf(wallet, to, token.id, options);
  say(`to account ${receiver.index}: ${receiver.address}, L1 address ${receiver.l1Address}`);
  if (receiver.isNamedByIndex && !options.yes && !(await confirm("Is that who you want to pay?"))) {
    throw new SheafError("USAGE", "not confirmed, nothing was signed; --yes says so beforehand");
  }
  const sent = await wallet.transfer({ to: receiver, amount, token: token.id, ...(fee !== undefined && { fee }) });
  const { index, address } = receiver;
  return { ...(await settle("transfer", sent, options)), receiver: { index, address } };
}

async function receiverOf(
  wallet: ConnectedWallet,
  to: string,
  token: number,
  { open, timeout }: TransferOptions,
): Promise<ReceiverAccount & { readonly isNamedByIndex: boolean }> {
  const isNamedByIndex = /^\d{1,10}$/.test(to);
  try {
    return { ...(await wallet.receiver(isNamedByIndex ? Number(to) : to, token)), isNamedByIndex };
  } catch (error) {
    const isMissing = error instanceof SheafError && error.code === "ACCOUNT_NOT_FOUND";
    if (!isMissing || isNamedByIndex || open === undefined) throw error;
  }
  const account = await withProgress("account", (onProgress) =>
    wallet.openAccount(to, token, { timeout: timeout * 1000, onWait: (why) => onProgress(0, why) }),
  );
  return { ...account, isNamedByIndex };
}
