import { JsonRpcProvider } from "ethers";
import { requireGasMoney } from "../../l1/gas-money.ts";
import { L1 } from "../../node/l1/l1.ts";
import { httpRpc } from "../../node/l1/rpc.ts";
import { keysOfMnemonic } from "../../wallet/index.ts";
import { openL1Account, type L1Account } from "./l1-account.ts";
import { passwordFrom } from "./password.ts";
import { requireFile, wordsIn } from "./wallet-file.ts";

/** Who pays for a command's L1 transactions: an account by its private key, or that of a wallet's file. */
export interface PayerChoice {
  readonly rpc: string;
  readonly rollup: string;
  /** Variable with the private key. */
  readonly key: string;
  readonly wallet?: string;
  readonly passwordFile?: string;
  /** Nothing is sent. */
  readonly dryRun?: true;
}

/** Throws the codes of `openL1Account`, or of opening the wallet's file, and L1_FUNDS_MISSING before work that would be in vain. */
export async function openPayer(choice: PayerChoice): Promise<L1Account> {
  const account = await openAccount(choice);
  try {
    if (choice.dryRun === undefined) await requireGasMoney(account.signer);
    return account;
  } catch (error) {
    await account.close();
    throw error;
  }
}

async function openAccount({ rpc, rollup, key, wallet, passwordFile }: PayerChoice): Promise<L1Account> {
  if (wallet === undefined) return openL1Account(rpc, key);
  await requireFile(wallet);
  const { l1: account } = keysOfMnemonic(await wordsIn(wallet, await passwordFrom(passwordFile)));
  const chainId = await new L1(httpRpc(rpc), rollup).chainId();
  const provider = new JsonRpcProvider(rpc, chainId, { staticNetwork: true, batchMaxCount: 1, cacheTimeout: -1 });
  return { signer: account.connect(provider), address: account.address, close: async () => provider.destroy() };
}
