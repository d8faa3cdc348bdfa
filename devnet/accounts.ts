import { HDNodeWallet, Mnemonic, parseEther } from "ethers";
import { Wallet } from "../wallet/index.ts";

/** The words that Hardhat's and Anvil's chains have: whoever reads this has their keys. */
export const DEV_MNEMONIC = "test test test test test test test test test test test junk";

/** What each account has in the rollup to begin with, by token. */
export const DEPOSITS = [parseEther("100"), parseEther("1000")] as const;

/** Which of the words' accounts deploys and submits the batches, and which pays for deposits: none of the developer's. */
const [OPERATOR, FAUCET] = [1000, 1001];

/** What a development chain begins with: another beginning makes another chain. */
export interface Genesis {
  readonly mnemonic: string;
  /** How many of the words' accounts are the developer's. */
  readonly accounts: number;
  /** Of each of them on L1, in wei. */
  readonly balance: bigint;
  readonly chainId: number;
}

/** One of the words' accounts: on L1, and its wallet in the rollup. */
export interface DevAccount {
  readonly l1: HDNodeWallet;
  readonly wallet: Wallet;
}

export interface DevAccounts {
  readonly users: readonly DevAccount[];
  readonly operator: DevAccount;
  readonly faucet: DevAccount;
}

/** Throws `MNEMONIC_INVALID`. */
export function accountsOf({ mnemonic, accounts }: Pick<Genesis, "mnemonic" | "accounts">): DevAccounts {
  const at = (account: number): DevAccount => {
    const wallet = Wallet.fromMnemonic(mnemonic, { account });
    return { wallet, l1: HDNodeWallet.fromMnemonic(Mnemonic.fromPhrase(mnemonic), `m/44'/60'/0'/0/${account}`) };
  };
  return {
    users: Array.from({ length: accounts }, (_, account) => at(account)),
    operator: at(OPERATOR),
    faucet: at(FAUCET),
  };
}
