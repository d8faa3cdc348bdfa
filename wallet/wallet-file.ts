import { link, mkdir, rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, dirname, join } from "node:path";
import { HDNodeWallet, isError, Wallet as KeyStore } from "ethers";
import * as z from "zod";
import { SheafError } from "../protocol/errors.ts";
import { parseFields } from "../protocol/json-fields.ts";
import { l1AddressOf } from "../protocol/l1-address.ts";
import { readJson } from "../prover/files/text-files.ts";
import { exists } from "../prover/files/whole-files.ts";
import { keysOfMnemonic, Wallet } from "./index.ts";

/** What a wallet's file remembers besides the keys, in the clear: where the wallet is used. */
export interface Defaults {
  readonly node?: string | undefined;
  readonly rpc?: string | undefined;
  /** The rollup's contract: the wallet refuses a node of another one. */
  readonly rollup?: string | undefined;
}

/** As they are used, if they can be. Throws `USAGE` for what is not a URL, `FIELD_INVALID` for what is not an address. */
export function checked({ node, rpc, rollup }: Defaults): Defaults {
  for (const [name, url] of [
    ["the node's URL", node],
    ["the L1 node's URL", rpc],
  ]) {
    if (url === undefined || /^https?:$/.test(URL.parse(url)?.protocol ?? "")) continue;
    throw new SheafError("USAGE", `${name} must begin with http:// or https://, not ${url}`);
  }
  return { node, rpc, rollup: rollup === undefined ? undefined : l1AddressOf("the rollup", rollup) };
}

const OURS = "x-sheaf";
const text = z.string().optional();
// The rest is a keystore of version 3, with the words encrypted as ethers does it.
const schema = z.looseObject({
  version: z.literal(3),
  [OURS]: z.object({ address: text, node: text, rpc: text, rollup: text }).default({}),
});

/** The file that is meant: `--wallet`, $SHEAF_WALLET, or the one in the user's home. */
export const walletPath = (option: string | undefined): string =>
  option ?? process.env["SHEAF_WALLET"] ?? join(homedir(), ".sheaf", "wallet.json");

/**
 * Writes words to a new file that only its owner can read, encrypted with the password. A file is never replaced.
 *
 * @throws SheafError MNEMONIC_INVALID, WALLET_EXISTS, FILE_UNWRITABLE
 */
export async function createWalletFile(path: string, words: string, password: string, defaults: Defaults) {
  const encrypted = JSON.parse(await keysOfMnemonic(words).l1.encrypt(password)) as object;
  const { address } = Wallet.fromMnemonic(words);
  await writeNew(path, `${JSON.stringify({ ...encrypted, [OURS]: { address, ...defaults } }, undefined, 2)}\n`);
}

/** Throws `WALLET_EXISTS`. */
export async function requireNew(path: string): Promise<void> {
  if (await exists(path)) throw new SheafError("WALLET_EXISTS", `there is a file ${path}`);
}

/** Throws `FILE_UNREADABLE`. */
export async function requireFile(path: string): Promise<void> {
  if (!(await exists(path))) {
    throw new SheafError("FILE_UNREADABLE", `there is no wallet's file ${path}; ./sheaf wallet new makes one`);
  }
}

export async function readDefaults(path: string): Promise<Defaults> {
  const { node, rpc, rollup } = (await readWalletFile(path))[OURS];
  return { node, rpc, rollup };
}

/**
 * The rollup address that a wallet's file names in the clear, for which it needs no password. Files of older versions name
 * none. Whoever could write the file could have put another one there, which `wordsIn` finds.
 */
export async function addressIn(path: string): Promise<string | undefined> {
  return (await readWalletFile(path))[OURS].address;
}

/** The words of a wallet's file. Throws `PASSWORD_WRONG`, `WALLET_MALFORMED`, `FILE_UNREADABLE`. */
export async function wordsIn(path: string, password: string): Promise<string> {
  const file = await readWalletFile(path);
  const words = await decrypted(path, file, password);
  const { address } = file[OURS];
  if (address === undefined || Wallet.fromMnemonic(words).address === address) return words;
  throw new SheafError("WALLET_MALFORMED", `${path} names ${address}, which is not the address of its keys`);
}

async function decrypted(path: string, file: z.output<typeof schema>, password: string): Promise<string> {
  try {
    const keys = await KeyStore.fromEncryptedJson(JSON.stringify(file), password);
    if (keys instanceof HDNodeWallet && keys.mnemonic !== null) return keys.mnemonic.phrase;
  } catch (cause) {
    if (isError(cause, "INVALID_ARGUMENT") && cause.argument === "password") {
      throw new SheafError("PASSWORD_WRONG", `the password does not open ${path}`, { cause });
    }
    throw new SheafError("WALLET_MALFORMED", `${path} is damaged`, { cause });
  }
  throw new SheafError("WALLET_MALFORMED", `${path} holds a key, but not the words of a wallet`);
}

async function readWalletFile(path: string): Promise<z.output<typeof schema>> {
  const json = await readJson(path);
  try {
    return parseFields(path, schema, json);
  } catch (cause) {
    throw new SheafError("WALLET_MALFORMED", `${path} is no wallet's file`, { cause });
  }
}

/** Writes a file whole or not at all, unless there is one. */
async function writeNew(path: string, text: string): Promise<void> {
  const draft = join(dirname(path), `.${basename(path)}.${process.pid}.tmp`);
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await writeFile(draft, text, { mode: 0o600, flag: "wx" });
    // Unlike a rename, a link does not replace what is there.
    await link(draft, path);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === "EEXIST") await requireNew(path);
    throw new SheafError("FILE_UNWRITABLE", `cannot write ${path}: ${message}`, { cause });
  } finally {
    await rm(draft, { force: true });
  }
}
