import { HDNodeWallet, Mnemonic } from "ethers";
import { Wallet } from "../../wallet/index.ts";

/** The words that every development chain has: whoever reads this has their keys. */
export const DEV_MNEMONIC = "test test test test test test test test test test test junk";

/** Accounts for the developer: the first of the words'. */
export const USERS = 4;
/** Which of the words' accounts deploys, and submits the batches. */
const OPERATOR = 9;

/** One of the words' accounts: on L1, and its wallet in the rollup. */
export interface DevAccount {
  readonly l1: HDNodeWallet;
  readonly wallet: Wallet;
}

export const users = (): readonly DevAccount[] => Array.from({ length: USERS }, (_, account) => accountAt(account));
export const operator = (): DevAccount => accountAt(OPERATOR);

function accountAt(account: number): DevAccount {
  const words = Mnemonic.fromPhrase(DEV_MNEMONIC);
  const l1 = HDNodeWallet.fromMnemonic(words, `m/44'/60'/0'/0/${account}`);
  return { l1, wallet: Wallet.fromMnemonic(DEV_MNEMONIC, { account }) };
}
