import type { Command } from "commander";
import { keysOption } from "./support/l1-options.ts";
import { addLeaving } from "./support/leave-command.ts";

export function define(command: Command): void {
  const note = "May be run again at any time: what has left already is not tried twice. More in docs/operations.md.";
  addLeaving(command, note, [keysOption()]);
}
