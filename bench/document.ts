import { readFile } from "node:fs/promises";
import { format, resolveConfig } from "prettier";
import { writeWhole } from "../prover/files/whole-files.ts";

/** Replaces what stands in a Markdown file between `<!-- name -->` and `<!-- /name -->`. */
export async function writeSection(path: string, name: string, text: string): Promise<void> {
  const [start, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const content = await readFile(path, "utf8");
  const [from, to] = [content.indexOf(start), content.indexOf(end)];
  if (from === -1 || to < from) throw new Error(`${path} has no place for ${name}`);
  const changed = `${content.slice(0, from + start.length)}\n\n${text}\n\n${content.slice(to)}`;
  await writeWhole(path, await format(changed, { ...(await resolveConfig(path)), filepath: path }));
}
