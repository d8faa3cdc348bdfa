import type { Command } from "commander";
import { becomeScript } from "./support/script.ts";

/** Hidden: `npm pack` runs it. By the launcher, since a user's own Node may be too old to run what makes the package. */
export function define(command: Command): void {
  command.action(() => becomeScript("package/index.ts"));
}
