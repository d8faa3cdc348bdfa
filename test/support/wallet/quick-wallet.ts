import { encryptKeystoreJsonSync, Mnemonic } from "ethers";
import { keysOfMnemonic, Wallet } from "../../../wallet/index.ts";

/**
 * A wallet's file as `createWalletFile` writes it, but for the strength of the password's derivation: that takes a second
 * each time the file is opened, and is not what is tried.
 */
export function quickWallet(words: string, password: string, defaults: object = {}): string {
  const { l1 } = keysOfMnemonic(words);
  const { entropy } = Mnemonic.fromPhrase(words);
  const account = {
    address: l1.address,
    privateKey: l1.privateKey,
    mnemonic: { path: l1.path!, locale: "en", entropy },
  };
  const encrypted = encryptKeystoreJsonSync(account, password, { scrypt: { N: 2, r: 1, p: 1 } });
  const { address } = Wallet.fromMnemonic(words);
  return JSON.stringify({ ...(JSON.parse(encrypted) as object), "x-sheaf": { address, ...defaults } });
}
