import type { Command } from "commander";
import { keysOption } from "./support/l1-options.ts";
import { addLeaving } from "./support/leave-command.ts";

export function addExit(program: Command): void {
  const command = program
    .command("exit")
    .description(
      "leave a frozen rollup: proves each account of an L1 address to L1, and takes out all that is its own",
    );
  const note = "May be run again at any time: what has left already is not tried twice. More in docs/operations.md.";
  addLeaving(command, note, [keysOption()]);
}
