import { parseOwner, Wallet } from "../../wallet/index.ts";
import { readText } from "./files.ts";
import type { WalletChoice } from "./open-wallet.ts";
import { passwordFrom } from "./password.ts";
import { askHidden } from "./prompt.ts";
import {
  addressIn,
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

/** Writes a new wallet's file. Throws the codes of `createWalletFile` and `passwordFrom`. */
export async function createWallet(words: string, { wallet: option, passwordFile, node, rpc, rollup }: WalletChoice) {
  const file = walletPath(option);
  await requireNew(file); // before anybody thinks of a password
  const wallet = Wallet.fromMnemonic(words);
  await createWalletFile(file, words, await passwordFrom(passwordFile, true), { node, rpc, rollup });
  return shown(file, wallet, { node, rpc, rollup });
}

/** What a file says; the password is needed for the words, or to check the address by the keys. */
export async function showWallet({
  wallet: option,
  passwordFile,
  words: withWords,
}: WalletChoice & { words?: true }): Promise<ShownWallet> {
  const file = walletPath(option);
  await requireFile(file);
  const [defaults, address] = [await readDefaults(file), await addressIn(file)];
  if (address !== undefined && withWords !== true && passwordFile === undefined) {
    return { file, address, ...parseOwner(address), ...defaults };
  }
  const words = await wordsIn(file, await passwordFrom(passwordFile));
  return { ...shown(file, Wallet.fromMnemonic(words), defaults), ...(withWords && { words }) };
}

/** The words of a file, or as they are typed. */
export async function wordsFrom(file: string | undefined): Promise<string> {
  return file === undefined ? askHidden("the wallet's words") : readText(file);
}

function shown(file: string, { address, owner }: Wallet, defaults: Defaults): ShownWallet {
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
