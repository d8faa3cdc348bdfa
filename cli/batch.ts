import type { Command } from "commander";
import { buildBatch } from "../protocol/batch.ts";
import { batchDescriptionToJson, readBatch } from "../prover/files/batch-description.ts";
import { exampleBatch } from "../prover/files/example-batch.ts";
import { writeText } from "../prover/files/text-files.ts";
import { sizeNamed, sizeOption } from "./support/options.ts";
import { print, printResult, say, toJson } from "./support/output.ts";

export function define(batch: Command): void {
  batch
    .command("example")
    .description("write a valid batch description to start from")
    .addOption(sizeOption())
    .option("--out <file>", "file to write (default: stdout)")
    .action(async (options: { size: string; out?: string }) => {
      const text = `${toJson(batchDescriptionToJson(exampleBatch(sizeNamed(options.size))))}\n`;
      if (options.out === undefined) print(text);
      else {
        await writeText(options.out, text);
        say(`wrote ${options.out}`);
      }
    });

  batch
    .command("check <file>")
    .description("run a batch description through the state machine and show what it leads to")
    .option("--json", "print JSON")
    .action(async (file: string, { json }: { json?: true }) => {
      const { state, size, request } = await readBatch(file);
      const { published, words, publicSignals, accountsTouched } = buildBatch(state, size, request);
      const result = {
        size: size.name,
        oldRoot: published.oldRoot,
        newRoot: published.newRoot,
        l1Operations: published.l1Operations.length,
        withdrawals: published.withdrawals.length,
        transfers: published.transfers.length,
        accountsTouched,
        ...publicSignals,
        words: `0x${Buffer.from(words).toString("hex")}`,
      };
      printResult(json, result, () => Object.entries(result).map(([name, value]) => `${name.padEnd(15)} ${value}`));
    });
}
