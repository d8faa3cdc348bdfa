import { basename, dirname } from "node:path";
import { readFile } from "node:fs/promises";
import * as z from "zod";
import { ROLLUP, TIMELOCK } from "../../l1/contract.ts";
import { SheafError } from "../../protocol/errors.ts";
import { parseFields } from "../../protocol/json-fields.ts";
import { writeAllWhole } from "../../prover/files/whole-files.ts";
import type { L1, Log } from "../l1/l1.ts";
import { LogPager } from "../l1/log-pager.ts";
import type { Store } from "../store/store.ts";
import type { Alarm } from "./alarms.ts";

/** Blocks whose logs are read again: a scheduled call may have moved to another block. */
const OVERLAP = 128;
/** What a timelock answers for an operation that is done. */
const DONE = 1n;

const callSchema = z.object({ id: z.string(), index: z.number(), target: z.string(), data: z.string() });
type ScheduledCall = z.output<typeof callSchema>;

const schema = z.object({ timelock: z.string(), block: z.int(), calls: z.array(callSchema) });
/**
 * Calls that a timelock was to make, as its logs have them up to a block; those that are done or cancelled are left out.
 */
export type SeenInTimelock = z.output<typeof schema>;

/** Looks at the calls that the timelock of a rollup is to make: an owner without one is seen only once it has acted. */
export class TimelockWatch {
  #seen: SeenInTimelock;

  constructor(seen: SeenInTimelock = { timelock: "", block: 0, calls: [] }) {
    this.#seen = seen;
  }

  get seen(): SeenInTimelock {
    return this.#seen;
  }

  /** What is scheduled at the store's block. @param time in Unix seconds */
  async look(l1: L1, store: Store, owner: string, time: number): Promise<readonly Alarm[]> {
    const timelock = l1.at(owner);
    const block = store.cursor.number;
    if (!(await isTimelock(timelock, block))) return [];
    if (this.#seen.timelock !== owner) {
      this.#seen = { timelock: owner, block: store.lastBlockOf("sizes") - 1, calls: [] };
    }
    const calls = new Map(this.#seen.calls.map((call) => [`${call.id}/${call.index}`, call]));
    const { found, end } = await scheduledIn(timelock, store.rollup, Math.max(0, this.#seen.block - OVERLAP), block);
    for (const call of found) calls.set(`${call.id}/${call.index}`, call);
    const byId = Map.groupBy(calls.values(), ({ id }) => id);
    const alarms: Alarm[] = [];
    for (const [id, group] of byId) {
      const [ready] = (await timelock.callAs(TIMELOCK, "getTimestamp", [id], block)) as [bigint];
      if (ready <= DONE) byId.delete(id);
      else alarms.push(alarmOf(owner, store.rollup, group, Number(ready), time));
    }
    this.#seen = { timelock: owner, block: end, calls: [...byId.values()].flat() };
    return alarms;
  }
}

function alarmOf(owner: string, rollup: string, calls: readonly ScheduledCall[], ready: number, time: number): Alarm {
  const what = calls
    .toSorted((a, b) => a.index - b.index)
    .map((call) => `${describe(call.data)} of ${call.target === rollup ? "the rollup" : "itself"}`)
    .join(", then ");
  const when = new Date(ready * 1000).toISOString();
  const since = ready <= time ? `since ${when} anyone may execute it` : `anyone may execute it from ${when} on`;
  return { kind: "change-scheduled", message: `the timelock ${owner}, the owner, is to call ${what}: ${since}` };
}

function describe(data: string): string {
  try {
    const call = ROLLUP.parseTransaction({ data }) ?? TIMELOCK.parseTransaction({ data });
    if (call !== null) return `${call.name}(${call.args.map(String).join(", ")})`;
  } catch {
    // Arguments that the function does not take.
  }
  return `a function that is not known (${data.slice(0, 10)})`;
}

/** An account without code, or a contract that is something else, has no delay. */
async function isTimelock(contract: L1, block: number): Promise<boolean> {
  try {
    await contract.callAs(TIMELOCK, "getMinDelay", [], block);
    return true;
  } catch (error) {
    const isOther = error instanceof SheafError && (error.code === "RPC_INCONSISTENT" || error.code === "RPC_REFUSED");
    if (isOther && (await isAnswering(contract, block))) return false;
    throw error;
  }
}

/** Whether the node knows that block's state: a refusal is then the contract's. */
async function isAnswering(contract: L1, block: number): Promise<boolean> {
  await contract.hasCode(block);
  return true;
}

/** Calls of the rollup and of the timelock itself that were scheduled in a range of blocks. */
async function scheduledIn(timelock: L1, rollup: string, from: number, head: number) {
  const pager = new LogPager(timelock);
  const found: ScheduledCall[] = [];
  let end = from - 1;
  while (end < head) {
    const page = await pager.read(end + 1, head);
    // The chain changed meanwhile: the next look goes on from here.
    if (page === undefined) break;
    found.push(...page.logs.flatMap(callIn).filter(({ target }) => target === rollup || target === timelock.rollup));
    end = page.end.number;
  }
  return { found, end };
}

function callIn({ topics, data }: Log): readonly ScheduledCall[] {
  const event = TIMELOCK.parseLog({ topics: [...topics], data });
  if (event?.name !== "CallScheduled") return [];
  const { id, index, target, data: call } = event.args;
  return [{ id, index: Number(index), target, data: call }];
}

/** What was kept in a file; nothing if there is none, or it is damaged: all of it is on L1. */
export async function keptSchedule(path: string): Promise<SeenInTimelock | undefined> {
  try {
    return parseFields(path, schema, JSON.parse(await readFile(path, "utf8")));
  } catch {
    return undefined;
  }
}

/** Throws `FILE_UNWRITABLE`. */
export async function keepSchedule(path: string, seen: SeenInTimelock): Promise<void> {
  if (seen.timelock === "") return;
  await writeAllWhole(dirname(path), { [basename(path)]: `${JSON.stringify(seen)}\n` });
}
