import { createHash } from "node:crypto";
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import type { SentMemory, Unconfirmed } from "../../l1/unconfirmed.ts";
import { httpRpc } from "../../node/l1/rpc.ts";
import { SheafError } from "../../protocol/errors.ts";
import { walletPath } from "../../wallet/wallet-file.ts";
import { say } from "./output.ts";

const schema = z.strictObject({
  hash: z.string().regex(/^0x[0-9a-f]{64}$/),
  nonce: z.int().nonnegative(),
  at: z.iso.datetime(),
});

/**
 * What this user's commands sent to a chain and did not see mined, so that the next run of a command that was killed finds
 * it: a small file for each in a folder beside the wallet's. Commands that run at the same time see each other's.
 *
 * @param wallet the wallet's file, as the user named it
 */
export async function sentMemory(wallet: string | undefined, rpc: string): Promise<SentMemory> {
  const folder = `${walletPath(wallet)}.sent`;
  // Chains for development come anew with the same id, accounts and contracts.
  const request = httpRpc(rpc);
  const [chain, genesis] = await Promise.all([
    request("eth_chainId", []),
    request("eth_getBlockByNumber", ["0x0", false]).catch(() => undefined),
  ]);
  const place = `${String(chain)}/${(genesis as { hash?: string } | null | undefined)?.hash ?? ""}`;
  const pathOf = (what: string): string =>
    join(folder, `${createHash("sha256").update(`${place}/${what}`).digest("hex").slice(0, 32)}.json`);
  return {
    get: (what) => read(pathOf(what)),
    set: (what, { hash, nonce }) => {
      const at = new Date().toISOString();
      write(folder, pathOf(what), `${JSON.stringify({ hash, nonce, at })}\n`);
    },
    delete: (what) => {
      rmSync(pathOf(what), { force: true });
      removeEmpty(folder);
    },
    found: (what, { hash }, isMined) => {
      const { at } = read(pathOf(what))!;
      const state = isMined ? "is mined" : "waits to be mined";
      say(`an earlier run sent the same at ${at}: L1 transaction ${hash}, which ${state}; nothing more is sent now`);
      say("to do it once more, run the command again when this run has ended");
    },
  };
}

function read(path: string): (Unconfirmed & { readonly at: string }) | undefined {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new SheafError("FILE_UNREADABLE", `cannot read ${path}: ${(cause as Error).message}`, { cause });
  }
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    const advice = "see on L1 what the account sent last, and delete the file";
    const what = `${path} is damaged, which says what an earlier run of the same command sent: ${advice}`;
    throw new SheafError("FILE_UNREADABLE", what, { cause });
  }
}

function removeEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // Something else was sent, or nothing ever was.
  }
}

/** It is on the disk when this returns: the transaction goes out after it. */
function write(folder: string, path: string, text: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const draft = `${path}.${process.pid}`;
    const file = openSync(draft, "w", 0o600);
    writeSync(file, text);
    fsyncSync(file);
    closeSync(file);
    renameSync(draft, path);
    const names = openSync(folder, "r");
    fsyncSync(names);
    closeSync(names);
  } catch (cause) {
    throw new SheafError("FILE_UNWRITABLE", `cannot write ${path}: ${(cause as Error).message}`, { cause });
  }
}
