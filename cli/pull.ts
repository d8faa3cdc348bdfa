import type { Command } from "commander";
import * as options from "./support/wallet-options.ts";
import type { WalletChoice } from "./support/open-wallet.ts";

interface PullOptions extends WalletChoice {
  readonly token: string;
  readonly json?: true;
}

export function addPull(program: Command): void {
  const command = program.command("pull").description("have L1 pay out what the wallet withdrew from the rollup");
  options
    .withOptions(command, [options.tokenOption(), ...options.walletChoice(), options.payerOption()])
    .option("--json", "print JSON")
    .action(async ({ token: name, json, ...choice }: PullOptions) => {
      const { formatUnits } = await import("ethers");
      const { withWallet } = await import("./support/open-wallet.ts");
      const { tokenNamed } = await import("./support/token-amounts.ts");
      const { printResult } = await import("./support/output.ts");
      const pulled = await withWallet(
        choice,
        async (wallet) => {
          const { id, symbol, decimals } = await tokenNamed(wallet, name);
          const amount = await wallet.withdrawable(id);
          return { token: id, symbol, decimals, amount, transaction: await wallet.pull(id) };
        },
        true,
      );
      printResult(json, pulled, () => {
        const { symbol, decimals, amount, transaction } = pulled;
        return [`${formatUnits(amount, decimals)} ${symbol} paid out on L1`, `transaction ${transaction}`];
      });
    });
}
