import type { Command } from "commander";
import * as options from "./support/wallet-options.ts";
import type { WalletChoice } from "./support/open-wallet.ts";
import type { WaitChoice } from "./support/wait-for.ts";

interface WithdrawOptions extends WalletChoice, WaitChoice {
  readonly token: string;
  readonly fee?: string;
  readonly force?: true;
  readonly json?: true;
}

export function addWithdraw(program: Command): void {
  const command = program
    .command("withdraw")
    .description("take an amount out of the rollup; once it is verified, `sheaf pull` has L1 pay it out")
    .argument("[amount]", "in whole tokens, such as 0.25; not with --force")
    .option("--force", "have L1 demand that the whole balance leaves, which no operator can refuse");
  options
    .withOptions(command, [
      options.tokenOption(),
      options.feeOption(),
      ...options.walletChoice(),
      ...options.waitChoice(),
    ])
    .option("--json", "print JSON")
    .action(async (text: string | undefined, { token: name, fee, force, json, ...choice }: WithdrawOptions) => {
      const { SheafError } = await import("../protocol/errors.ts");
      const { withWallet } = await import("./support/open-wallet.ts");
      const { amountIn, tokenNamed } = await import("./support/token-amounts.ts");
      const { describeSettled, settle } = await import("./support/wait-for.ts");
      const { printResult } = await import("./support/output.ts");
      if ((text === undefined) !== (force === true)) {
        throw new SheafError("USAGE", "name either an amount or --force, which takes all");
      }
      const withdrawal = await withWallet(
        choice,
        async (wallet) => {
          const token = await tokenNamed(wallet, name);
          const sent =
            text === undefined
              ? await wallet.forceWithdraw(token.id)
              : await wallet.withdraw({
                  amount: amountIn(text, token),
                  token: token.id,
                  ...(fee !== undefined && { fee: amountIn(fee, token) }),
                });
          return settle("withdrawal", sent, choice);
        },
        force,
      );
      printResult(json, withdrawal, () => describeSettled(withdrawal));
    });
}
