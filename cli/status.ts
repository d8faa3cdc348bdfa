import type { Command } from "commander";
import * as options from "./support/wallet-options.ts";
import type { WalletChoice } from "./support/open-wallet.ts";

interface StatusOptions extends WalletChoice {
  readonly json?: true;
}

export function addStatus(program: Command): void {
  const command = program
    .command("status")
    .description("how far an operation is; without one, what the wallet has and what it did last")
    .argument("[id]", "what `deposit`, `transfer` or `withdraw` printed");
  options
    .withOptions(command, [...options.walletChoice()])
    .option("--json", "print JSON")
    .action(async (id: string | undefined, { json, ...choice }: StatusOptions) => {
      const { openNode, withWallet } = await import("./support/open-wallet.ts");
      const { describeHoldings, describeTransaction, holdingsOf } = await import("./support/holdings.ts");
      const { printResult } = await import("./support/output.ts");
      if (id !== undefined) {
        const transaction = await (await openNode(choice)).transaction(id);
        printResult(json, transaction, () => describeTransaction(transaction));
        return;
      }
      const holdings = await withWallet(choice, holdingsOf);
      printResult(json, holdings, () => describeHoldings(holdings));
    });
}
