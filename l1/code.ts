import type { Provider } from "ethers";
import { SheafError } from "../protocol/errors.ts";

/**
 * Requires that an account can submit batches: the contract takes them from accounts without code only, so that their
 * words are always in the calldata of a transaction.
 *
 * @param role who the account is, for the message
 * @throws SheafError ACCOUNT_HAS_CODE
 */
export async function requireNoCode(provider: Pick<Provider, "getCode">, role: string, address: string): Promise<void> {
  const code = await provider.getCode(address);
  if (code === "0x") return;
  const isDelegated = code.startsWith("0xef0100");
  const what = isDelegated ? `delegates to a contract's code (EIP-7702): 0x${code.slice(8)}` : "is a contract";
  throw new SheafError("ACCOUNT_HAS_CODE", `${role} ${address} ${what}, and the rollup takes no batch from it`);
}
