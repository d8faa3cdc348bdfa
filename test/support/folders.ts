import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const made: string[] = [];
process.once("exit", () => {
  for (const folder of made) rmSync(folder, { recursive: true, force: true });
});

/** A new folder, which is deleted when the tests end. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "sheaf-"));
  made.push(folder);
  return folder;
}
