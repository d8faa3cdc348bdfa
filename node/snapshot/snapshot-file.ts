import { createReadStream } from "node:fs";
import { writeFile } from "node:fs/promises";
import * as z from "zod";
import { errorText } from "../../lib/error-text.ts";
import { BITS } from "../../protocol/constants.ts";
import { SheafError } from "../../protocol/errors.ts";
import { address, addressToHex, decimalBits, fieldElement, unsigned } from "../../protocol/json-fields.ts";
import { RollupState } from "../../protocol/state.ts";
import { replaceWhole } from "../../prover/files/whole-files.ts";
import type { Store } from "../store/store.ts";
import type { Snapshot } from "./snapshot.ts";

// A snapshot is a text of lines of JSON, as docs/operations.md describes it: a head, then an account a line, by index.

const FORMAT = "sheaf-snapshot";
const VERSION = 1;
/** Characters of a line: the longest account takes 260. */
const LONGEST_LINE = 1_024;

const headSchema = z.object({
  format: z.literal(FORMAT),
  version: z.literal(VERSION),
  chainId: z.int(),
  rollup: z.string(),
  batch: unsigned(BITS.batchNumber).min(1),
  root: fieldElement,
});
const accountSchema = z.tuple([
  unsigned(BITS.index).min(1),
  fieldElement,
  address,
  unsigned(BITS.token),
  decimalBits(BITS.balance),
  unsigned(BITS.nonce),
]);

/**
 * Writes the state after a store's last batch.
 *
 * @throws SheafError BATCH_UNKNOWN if there is none, FILE_UNWRITABLE
 */
export async function writeSnapshot(path: string, store: Store): Promise<{ readonly batch: number }> {
  const last = store.lastBatch;
  if (last === undefined)
    throw new SheafError("BATCH_UNKNOWN", "the rollup has no batch yet, and so no state to write");
  const { chainId, rollup } = store;
  const head = { format: FORMAT, version: VERSION, chainId, rollup, batch: last.number, root: String(last.root) };
  await replaceWhole(path, (draft) => writeFile(draft, linesOf(head, store)));
  return { batch: last.number };
}

function* linesOf(head: object, store: Store): Iterable<string> {
  yield `${JSON.stringify(head)}\n`;
  for (const [index, { pubKeyY, l1Address, token, balance, nonce }] of store.stored().accounts()) {
    yield `${JSON.stringify([index, String(pubKeyY), addressToHex(l1Address), token, String(balance), nonce])}\n`;
  }
}

/**
 * Reads a snapshot, which nobody need have written in good faith: its root is computed from its accounts. Whether L1 has that
 * root is for the follower to see.
 *
 * @throws SheafError SNAPSHOT_MALFORMED, SNAPSHOT_MISMATCH if it is of another rollup, FILE_UNREADABLE
 */
export async function readSnapshot(
  path: string,
  { chainId, rollup }: Pick<Store, "chainId" | "rollup">,
): Promise<Snapshot> {
  const malformed = (line: number, why: string): SheafError =>
    new SheafError("SNAPSHOT_MALFORMED", `${path}, line ${line}: ${why}`);
  let head: z.output<typeof headSchema> | undefined;
  const state = new RollupState();
  let [number, before] = [0, 0];
  for await (const line of textLines(path)) {
    number++;
    if (line.length > LONGEST_LINE) throw malformed(number, `it has more than ${LONGEST_LINE} characters`);
    if (head === undefined) {
      head = headSchema.safeParse(parsed(line)).data;
      if (head === undefined) throw malformed(number, `it is not the head of a snapshot of version ${VERSION}`);
      if (head.chainId === chainId && head.rollup === rollup) continue;
      const whose = "it is of another rollup, or of one on another chain";
      throw new SheafError("SNAPSHOT_MISMATCH", `${path}: ${whose} than ${rollup} on ${chainId}`);
    }
    const { data } = accountSchema.safeParse(parsed(line));
    if (data === undefined) throw malformed(number, "it is not an account");
    const [index, pubKeyY, l1Address, token, balance, nonce] = data;
    if (index <= before) throw malformed(number, `account ${index} comes after account ${before}`);
    before = index;
    state.update(index, { pubKeyY, l1Address, token, balance, nonce });
  }
  if (head === undefined) throw malformed(1, "there is nothing in it");
  if (state.root !== head.root)
    throw malformed(1, `it names the root ${head.root}, and its accounts have ${state.root}`);
  return { batch: head.batch, state };
}

/** Lines of a text file; of one that is too long the beginning. Throws `FILE_UNREADABLE`. */
async function* textLines(path: string): AsyncIterable<string> {
  let rest = "";
  try {
    for await (const part of createReadStream(path, "utf8")) {
      const lines = (rest + String(part)).split("\n");
      rest = lines.pop()!;
      yield* lines;
      if (rest.length > LONGEST_LINE) break;
    }
  } catch (cause) {
    if (cause instanceof SheafError) throw cause;
    throw new SheafError("FILE_UNREADABLE", `cannot read ${path}: ${errorText(cause)}`, { cause });
  }
  if (rest !== "") yield rest;
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
