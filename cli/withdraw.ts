import type { Command } from "commander";
import * as options from "./support/wallet-options.ts";
import { blockOption, storeOption } from "./support/l1-options.ts";
import type { ForceChoice } from "./support/force.ts";

interface WithdrawOptions extends ForceChoice {
  readonly token: string;
  readonly fee?: string;
  readonly maxFee?: string;
  readonly force?: true;
  readonly yes?: true;
  readonly json?: true;
}

export function define(command: Command): void {
  command
    .argument("[amount]", "in whole tokens, such as 0.25; not with --force")
    .option("--force", "have L1 demand that the whole balance leaves, which no operator can refuse");
  options
    .withOptions(command, [
      options.tokenOption(),
      options.feeOption(),
      options.maxFeeOption(),
      options.priceOption(),
      options.yesOption(),
      ...options.walletChoice(),
      ...options.waitChoice(),
      ...[storeOption(), blockOption()],
    ])
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      "\n--force asks L1 alone where --rpc and --rollup are known and no --node is given. More in docs/operations.md.",
    )
    .action(
      async (text: string | undefined, { token: name, fee, maxFee, yes, force, json, ...choice }: WithdrawOptions) => {
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
        const { agreedCost } = await import("./support/cost.ts");
        const { amountIn, tokenNamed } = await import("./support/token-amounts.ts");
        const { describeSettled, settle } = await import("./support/wait-for.ts");
        const { printResult } = await import("./support/output.ts");
        if ((text === undefined) !== (force === true)) {
          throw new SheafError("USAGE", "name either an amount or --force, which takes all");
        }
        const { withdrawal, token } = await withWallet(
          choice,
          async (wallet) => {
            const token = await tokenNamed(wallet, name);
            if (text === undefined) {
              return { withdrawal: await settle("withdrawal", await wallet.forceWithdraw(token.id), choice), token };
            }
            const amount = amountIn(text, token);
            const cost = await agreedCost(wallet, "withdrawal", amount, token, {
              ...(fee !== undefined && { fee }),
              ...(maxFee !== undefined && { maxFee }),
              ...(yes && { yes }),
            });
            const sent = await wallet.withdraw({ amount, token: token.id, fee: cost.fee });
            return { withdrawal: await settle("withdrawal", sent, choice), token };
          },
          force,
        );
        printResult(json, withdrawal, () => describeSettled(withdrawal, token));
      },
    );
}
