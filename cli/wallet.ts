import type { Command } from "commander";
import { l1Option, nodeOption, passwordOption, rollupOption, walletOption } from "./support/wallet-options.ts";
import type { WalletChoice } from "./support/open-wallet.ts";

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
      .addOption(rollupOption())
      .option("--json", "print JSON")
      .addHelpText("after", "\nThe file remembers --node, --rpc and --rollup for the commands that use the wallet.");

  newFile("new", "make a wallet, and print the words that it can be restored from").action(
    async (options: NewWalletOptions) => {
      const { createWallet, describeWallet } = await import("./support/wallets.ts");
      const { newMnemonic } = await import("../wallet/index.ts");
      const { printResult, say } = await import("./support/output.ts");
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
      const { createWallet, describeWallet, wordsFrom } = await import("./support/wallets.ts");
      const { printResult } = await import("./support/output.ts");
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
      const { describeWallet, showWallet } = await import("./support/wallets.ts");
      const { printResult } = await import("./support/output.ts");
      const shown = await showWallet(options);
      printResult(options.json, shown, () => describeWallet(shown));
    });
}
