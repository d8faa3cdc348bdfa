import type { Command } from "commander";

/** Hidden: `npm pack` runs it. By the launcher, since a user's own Node may be too old to run what makes the package. */
export function addPrepack(program: Command): void {
  program.command("prepack", { hidden: true }).action(async () => {
    const { becomeScript } = await import("./support/script.ts");
    becomeScript("package/index.ts");
  });
}
