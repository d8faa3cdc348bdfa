import type { Command } from "commander";
import * as options from "./support/wallet-options.ts";
import { blockOption, storeOption } from "./support/l1-options.ts";
import type { ForceChoice } from "./support/force.ts";

interface WithdrawOptions extends ForceChoice {
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
      ...[storeOption(), blockOption()],
    ])
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      "\n--force asks L1 alone where --rpc and --rollup are known and no --node is given. More in docs/operations.md.",
    )
    .action(async (text: string | undefined, { token: name, fee, force, json, ...choice }: WithdrawOptions) => {
      if (force === true && text === undefined) {
        const { l1PlaceOf } = await import("./support/l1-wallet.ts");
        const place = await l1PlaceOf(choice);
        if (place !== undefined) {
          const { forceOnL1 } = await import("./support/force.ts");
          const { describeSettled } = await import("./support/wait-for.ts");
          const { printResult } = await import("./support/output.ts");
          const forced = await forceOnL1(name, choice, place);
          printResult(json, forced, () => describeSettled(forced));
          return;
        }
      }
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
