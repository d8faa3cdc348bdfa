import type { Command } from "commander";
import { amountIn, tokenNamed } from "../wallet/token-amounts.ts";
import { withWallet, type WalletChoice } from "./support/open-wallet.ts";
import * as options from "./support/options.ts";
import { printResult } from "./support/output.ts";
import { describeSettled, settle, type WaitChoice } from "./support/wait-for.ts";

interface DepositOptions extends WalletChoice, WaitChoice {
  readonly token: string;
  readonly to?: string;
  readonly json?: true;
}

export function define(command: Command): void {
  command
    .argument("<amount>", "in whole tokens, such as 0.25")
    .option("--to <address>", "whose account it is: sheaf:0x…, as `wallet show` prints it");
  options
    .withOptions(command, [
      options.tokenOption(),
      ...options.walletChoice(),
      options.payerOption(),
      ...options.waitChoice(),
    ])
    .option("--json", "print JSON")
    .action(async (text: string, { token: name, to, json, ...choice }: DepositOptions) => {
      const deposit = await withWallet(
        choice,
        async (wallet) => {
          const token = await tokenNamed(wallet, name);
          const amount = amountIn(text, token);
          const sent = await wallet.deposit({ amount, token: token.id, ...(to !== undefined && { to }) });
          return settle("deposit", sent, choice);
        },
        true,
      );
      printResult(json, deposit, () => describeSettled(deposit));
    });
}
