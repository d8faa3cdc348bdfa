import { readFile } from "node:fs/promises";
import { basename, dirname } from "node:path";
import * as z from "zod";
import { SheafError } from "../../protocol/errors.ts";
import { parseFields } from "../../protocol/json-fields.ts";
import { writeAllWhole } from "../../prover/files/whole-files.ts";
import type { L1 } from "../l1/l1.ts";
import type { Alarm } from "./alarms.ts";

/** Who has a say in the rollup. Addresses with checksum. */
export interface Governance {
  readonly operator: string;
  readonly owner: string;
  /** To whom the owner offers his place; zero for nobody. */
  readonly pendingOwner: string;
}

/** Who is to have a say: what was kept, or else who has it now. */
export type ExpectedGovernance = (now: Governance) => Promise<Governance>;

export async function governanceAt(l1: L1, block: number | "latest"): Promise<Governance> {
  const names = ["operator", "owner", "pendingOwner"] as const;
  const answers = await Promise.all(names.map((name) => l1.call(name, [], block)));
  const [operator, owner, pendingOwner] = answers.map(([address]) => address as string) as [string, string, string];
  return { operator, owner, pendingOwner };
}

/** Compares who has a say with who is to have it. */
export function governanceAlarms(now: Governance, expected: Governance): readonly Alarm[] {
  const alarms: Alarm[] = [];
  const compare = (kind: Alarm["kind"], what: keyof Governance, name: string): void => {
    if (now[what] === expected[what]) return;
    alarms.push({ kind, message: `the ${name} is ${now[what]}, and was ${expected[what]}` });
  };
  compare("owner-changed", "owner", "owner");
  compare("owner-changed", "pendingOwner", "owner to be");
  compare("operator-changed", "operator", "operator");
  return alarms;
}

const schema = z.object({ operator: z.string(), owner: z.string(), pendingOwner: z.string() });

/**
 * Who had a say when somebody first looked, kept in a file. Deleting it accepts who has it now.
 *
 * @throws SheafError JSON_MALFORMED, FIELD_INVALID, FILE_UNREADABLE, FILE_UNWRITABLE
 */
export async function firstGovernance(path: string, now: Governance): Promise<Governance> {
  const kept = await readKept(path);
  if (kept !== undefined) return parseFields(path, schema, parseJson(path, kept));
  await writeAllWhole(dirname(path), { [basename(path)]: `${JSON.stringify(now, undefined, 2)}\n` });
  return now;
}

/** `undefined` if there is no such file: one that cannot be read is not to be replaced. */
async function readKept(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return undefined;
    throw new SheafError("FILE_UNREADABLE", `cannot read ${path}: ${String(cause)}`, { cause });
  }
}

function parseJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new SheafError("JSON_MALFORMED", `${path} is damaged`, { cause });
  }
}
