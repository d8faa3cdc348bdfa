import type { Command } from "commander";
import { sizeOption, sizeNamed } from "./support/sizes.ts";

export function define(batch: Command): void {
  batch
    .command("example")
    .description("write a valid batch description to start from")
    .addOption(sizeOption())
    .option("--out <file>", "file to write (default: stdout)")
    .action(async (options: { size: string; out?: string }) => {
      const { batchDescriptionToJson } = await import("../prover/files/batch-description.ts");
      const { exampleBatch } = await import("../prover/files/example-batch.ts");
      const { print, say, toJson } = await import("./support/output.ts");
      const { writeText } = await import("../prover/files/text-files.ts");
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
      const { buildBatch } = await import("../protocol/batch.ts");
      const { readBatch } = await import("./support/batches.ts");
      const { printResult } = await import("./support/output.ts");
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
