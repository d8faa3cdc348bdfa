// What other software uses of the wallet: `import { Wallet } from "sheaf/wallet"`.
export { Wallet } from "./wallet.ts";
export type { ConnectOptions, TokenPrices } from "./connect.ts";
export {
  ConnectedWallet,
  type Charged,
  type Deposit,
  type OpeningOptions,
  type Payment,
  type SendOptions,
} from "./connected-wallet.ts";
export { keysOfMnemonic, newMnemonic, rollupPath, type MnemonicKeys } from "./mnemonic.ts";
export { keyRequest, secretOfSigner, type RollupPlace } from "./signed-secret.ts";
export { readOperation, writeOperation } from "./signing.ts";
export type { SignedOperation } from "../api/client.ts";
export { formatOwner, parseOwner, type Owner } from "./rollup-address.ts";
export type { Receiver, ReceiverAccount } from "./receiver.ts";
export { PaymentsInterrupted } from "./payments-interrupted.ts";
export { Sent, type Status, type WaitOptions } from "./sent.ts";
export type { ExitKeys } from "./exit.ts";
