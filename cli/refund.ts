import type { Command } from "commander";
import { addLeaving } from "./support/leave-command.ts";

export function addRefund(program: Command): void {
  const command = program
    .command("refund")
    .description("get deposits back from a frozen rollup that no batch took; needs neither key files nor a proof");
  const to = "A deposit goes back to the L1 address that it named, by default the one that paid it.";
  addLeaving(command, `${to} ./sheaf exit does this too.`);
}
