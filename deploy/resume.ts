import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { wipe, type ArtifactResolver } from "@nomicfoundation/ignition-core";
import { z } from "zod";
import { SheafError } from "../protocol/errors.ts";

/** A line of Hardhat Ignition's journal, as far as it matters here. */
const schema = z.looseObject({ type: z.string(), futureId: z.string().optional() });
type JournalMessage = z.output<typeof schema>;

const BEGUN = ["DEPLOYMENT_EXECUTION_STATE_INITIALIZE", "CALL_EXECUTION_STATE_INITIALIZE"];

/**
 * Takes back the steps of an interrupted deployment that were begun and had asked nothing of the chain: Ignition does
 * not go on from them (HHE10000), and as nothing was sent they can begin anew.
 *
 * @param folder Ignition's folder of the deployment; need not exist.
 * @throws SheafError JSON_MALFORMED if its journal is damaged
 */
export async function takeBackUnsentSteps(folder: string, artifacts: ArtifactResolver): Promise<void> {
  const last = new Map<string, string>();
  for (const { type, futureId } of await readJournal(folder)) if (futureId !== undefined) last.set(futureId, type);
  for (const [futureId, type] of last) if (BEGUN.includes(type)) await wipe(folder, artifacts, futureId);
}

async function readJournal(folder: string): Promise<JournalMessage[]> {
  const path = join(folder, "journal.jsonl");
  const journal = await readFile(path, "utf8").catch(() => "");
  return journal
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => messageIn(path, line));
}

function messageIn(path: string, line: string): JournalMessage {
  try {
    return schema.parse(JSON.parse(line));
  } catch (cause) {
    const what = `${path} is damaged, which says how far the deployment had come`;
    throw new SheafError("JSON_MALFORMED", `${what}: restore it, or move its folder away to deploy anew`, { cause });
  }
}
