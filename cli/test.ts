import { Option, type Command } from "commander";

export interface TestOptions {
  readonly long?: true;
  readonly grep?: string;
  readonly seed: string;
}

export function addTest(program: Command): void {
  program
    .command("test")
    .description("check types and style, build the contracts, and run all tests")
    .option("--long", "run the full number of random cases (hours) instead of a slice of them")
    .option("--grep <text>", "run only tests whose name has this text, and no style checks")
    .addOption(new Option("--seed <number>", 'seed of the random cases, or "random"').default("1"))
    .action(async (options: TestOptions) => {
      const { runTests } = await import("../scripts/test/run.ts");
      if (!(await runTests(options))) process.exitCode = 1;
    });
}
