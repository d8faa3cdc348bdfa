import type { Command } from "commander";
import { readText } from "../prover/files/text-files.ts";
import { newMnemonic, Wallet } from "../wallet/index.ts";
import {
  checked,
  createWalletFile,
  readDefaults,
  requireFile,
  requireNew,
  walletPath,
  wordsIn,
  type Defaults,
} from "../wallet/wallet-file.ts";
import { publicWallet, type PublicWallet, type WalletChoice } from "./support/open-wallet.ts";
import { l1Option, meantRollupOption, nodeOption, passwordOption, walletOption } from "./support/options.ts";
import { printResult, say } from "./support/output.ts";
import { askHidden, passwordFrom } from "./support/terminal.ts";

interface NewWalletOptions extends WalletChoice {
  readonly wordsFile?: string;
  readonly json?: true;
}

interface ShowOptions extends WalletChoice {
  readonly words?: true;
  readonly json?: true;
}

export function define(wallet: Command): void {
  const newFile = (name: string, description: string): Command =>
    wallet
      .command(name)
      .description(description)
      .addOption(walletOption())
      .addOption(passwordOption())
      .addOption(nodeOption())
      .addOption(l1Option())
      .addOption(meantRollupOption())
      .option("--json", "print JSON")
      .addHelpText("after", "\nThe file remembers --node, --rpc and --rollup for the commands that use the wallet.");

  newFile("new", "make a wallet, and print the words that it can be restored from").action(
    async (options: NewWalletOptions) => {
      const words = newMnemonic();
      const shown = { ...(await createWallet(words, options)), words };
      say(
        "Write the words down: whoever has them has the wallet, and without them a lost file or password is the end.",
      );
      printResult(options.json, shown, () => describeWallet(shown));
    },
  );

  newFile("import", "make a wallet's file from the words of BIP-39")
    .option("--words-file <file>", "file with the words (default: a prompt)")
    .action(async (options: NewWalletOptions) => {
      const shown = await createWallet(await wordsFrom(options.wordsFile), options);
      printResult(options.json, shown, () => describeWallet(shown));
    });

  wallet
    .command("show")
    .description("print the address that others pay to, and the L1 account")
    .addOption(walletOption())
    .addOption(passwordOption())
    .option("--words", "print the words too")
    .option("--json", "print JSON")
    .action(async (options: ShowOptions) => {
      const shown = await showWallet(options);
      printResult(options.json, shown, () => describeWallet(shown));
    });
}

/** What `./sheaf wallet` prints. */
interface ShownWallet extends Defaults {
  readonly file: string;
  /** Whom others pay: `sheaf:0x…`. */
  readonly address: string;
  readonly l1Address: string;
  readonly pubKeyY: bigint;
  readonly words?: string;
}

/** Writes a new wallet's file. Throws the codes of `createWalletFile`, `passwordFrom` and `checked`. */
async function createWallet(words: string, { wallet: option, passwordFile, ...choice }: WalletChoice) {
  const file = walletPath(option);
  const { node, rpc, rollup } = checked(choice);
  await requireNew(file); // before anybody thinks of a password
  const wallet = Wallet.fromMnemonic(words);
  await createWalletFile(file, words, await passwordFrom(passwordFile, true), { node, rpc, rollup });
  return shown(file, wallet, { node, rpc, rollup });
}

/** What a file says; the password is needed for the words, or to check the address by the keys. */
async function showWallet({ words: withWords, ...choice }: WalletChoice & { words?: true }): Promise<ShownWallet> {
  const file = walletPath(choice.wallet);
  await requireFile(file);
  const defaults = await readDefaults(file);
  if (withWords !== true) return shown(file, await publicWallet(choice), defaults);
  const words = await wordsIn(file, await passwordFrom(choice.passwordFile));
  return { ...shown(file, Wallet.fromMnemonic(words), defaults), words };
}

/** The words of a file, or as they are typed. */
async function wordsFrom(file: string | undefined): Promise<string> {
  return file === undefined ? askHidden("the wallet's words") : readText(file);
}

function shown(file: string, { address, owner }: PublicWallet, defaults: Defaults): ShownWallet {
  return { file, address, ...owner, ...defaults };
}

function describeWallet({ file, address, l1Address, node, rpc, rollup, words }: ShownWallet): readonly string[] {
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
