import { resolve } from "node:path";
import { Option, type Command } from "commander";
import { becomeScript } from "./support/script.ts";

interface TestOptions {
  readonly watch?: true;
  readonly long?: true;
  readonly grep?: string;
  readonly seed: string;
}

export function define(command: Command): void {
  command
    .argument("[files...]", "files of tests; only what they need is built before, and nothing else is checked")
    .option("--watch", "run the files again whenever they or what they import change")
    .option("--long", "run the full number of random cases (hours) instead of a slice of them")
    .option("--grep <text>", "run only tests whose name has this text, and no style checks")
    .addOption(new Option("--seed <number>", 'seed of the random cases, or "random"').default("1"))
    .action(async (files: readonly string[], options: TestOptions) => {
      becomeScript("test/index.ts", { files: files.map((file) => resolve(file)), ...options });
    });
}
