import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { wipe, type ArtifactResolver } from "@nomicfoundation/ignition-core";

/** A line of Hardhat Ignition's journal, as far as it matters here. */
interface JournalMessage {
  readonly type: string;
  readonly futureId?: string;
}

const BEGUN = ["DEPLOYMENT_EXECUTION_STATE_INITIALIZE", "CALL_EXECUTION_STATE_INITIALIZE"];

/**
 * Takes back the steps of an interrupted deployment that were begun and had asked nothing of the chain: Ignition does
 * not go on from them (HHE10000), and as nothing was sent they can begin anew.
 *
 * @param folder Ignition's folder of the deployment; need not exist.
 */
export async function takeBackUnsentSteps(folder: string, artifacts: ArtifactResolver): Promise<void> {
  const last = new Map<string, string>();
  for (const { type, futureId } of await readJournal(folder)) if (futureId !== undefined) last.set(futureId, type);
  for (const [futureId, type] of last) if (BEGUN.includes(type)) await wipe(folder, artifacts, futureId);
}

async function readJournal(folder: string): Promise<JournalMessage[]> {
  const journal = await readFile(join(folder, "journal.jsonl"), "utf8").catch(() => "");
  return journal
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as JournalMessage);
}
