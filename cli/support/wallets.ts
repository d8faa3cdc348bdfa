import { readText } from "../../prover/files/text-files.ts";
import { Wallet } from "../../wallet/index.ts";
import { publicWallet, type PublicWallet, type WalletChoice } from "./open-wallet.ts";
import { passwordFrom } from "./password.ts";
import { askHidden } from "./prompt.ts";
import {
  checked,
  createWalletFile,
  readDefaults,
  requireFile,
  requireNew,
  walletPath,
  wordsIn,
  type Defaults,
} from "./wallet-file.ts";

/** What `./sheaf wallet` prints. */
export interface ShownWallet extends Defaults {
  readonly file: string;
  /** Whom others pay: `sheaf:0x…`. */
  readonly address: string;
  readonly l1Address: string;
  readonly pubKeyY: bigint;
  readonly words?: string;
}

/** Writes a new wallet's file. Throws the codes of `createWalletFile`, `passwordFrom` and `checked`. */
export async function createWallet(words: string, { wallet: option, passwordFile, ...choice }: WalletChoice) {
  const file = walletPath(option);
  const { node, rpc, rollup } = checked(choice);
  await requireNew(file); // before anybody thinks of a password
  const wallet = Wallet.fromMnemonic(words);
  await createWalletFile(file, words, await passwordFrom(passwordFile, true), { node, rpc, rollup });
  return shown(file, wallet, { node, rpc, rollup });
}

/** What a file says; the password is needed for the words, or to check the address by the keys. */
export async function showWallet({
  words: withWords,
  ...choice
}: WalletChoice & { words?: true }): Promise<ShownWallet> {
  const file = walletPath(choice.wallet);
  await requireFile(file);
  const defaults = await readDefaults(file);
  if (withWords !== true) return shown(file, await publicWallet(choice), defaults);
  const words = await wordsIn(file, await passwordFrom(choice.passwordFile));
  return { ...shown(file, Wallet.fromMnemonic(words), defaults), words };
}

/** The words of a file, or as they are typed. */
export async function wordsFrom(file: string | undefined): Promise<string> {
  return file === undefined ? askHidden("the wallet's words") : readText(file);
}

function shown(file: string, { address, owner }: PublicWallet, defaults: Defaults): ShownWallet {
  return { file, address, ...owner, ...defaults };
}

export function describeWallet({ file, address, l1Address, node, rpc, rollup, words }: ShownWallet): readonly string[] {
  return [
    `address     ${address}`,
    `L1 account  ${l1Address}`,
    `file        ${file}`,
    ...(node === undefined ? [] : [`node        ${node}`]),
    ...(rpc === undefined ? [] : [`L1 node     ${rpc}`]),
    ...(rollup === undefined ? [] : [`rollup      ${rollup}`]),
    ...(words === undefined ? [] : [`words       ${words}`]),
  ];
}
