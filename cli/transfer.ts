import type { Command } from "commander";
import type { TransferOptions } from "./support/pay.ts";
import * as options from "./support/wallet-options.ts";

export function define(command: Command): void {
  command
    .argument("<to>", "the receiver: sheaf:0x…, as `wallet show` prints it, or the index of an account")
    .argument("<amount>", "in whole tokens, such as 0.25")
    .option("--open", "have the node open the receiver's account, if there is none, and wait for it");
  options
    .withOptions(command, [
      options.tokenOption(),
      options.feeOption(),
      options.maxFeeOption(),
      options.priceOption(),
      options.yesOption("; nor whether an account that is named by its index is the right one"),
      ...options.walletChoice(),
      ...options.waitChoice(),
    ])
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      "\nWith an L1 node, the receiver's account is checked against the contract, not just the node's word.",
    )
    .action(async (to: string, amount: string, { json, ...choice }: TransferOptions) => {
      const { withWallet } = await import("./support/open-wallet.ts");
      const { pay } = await import("./support/pay.ts");
      const { describeSettled } = await import("./support/wait-for.ts");
      const { printResult } = await import("./support/output.ts");
      const { transfer, token } = await withWallet(choice, (wallet) => pay(wallet, to, amount, choice));
      printResult(json, transfer, () => describeSettled(transfer, token));
    });
}
