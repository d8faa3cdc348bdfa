import type { Command } from "commander";
import { addLeaving } from "./exit.ts";

export function define(command: Command): void {
  const to = "A deposit goes back to the L1 address that it named, by default the one that paid it.";
  addLeaving(command, `${to} ./sheaf exit does this too.`);
}
