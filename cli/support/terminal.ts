import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { SheafError } from "../../protocol/errors.ts";
import { visible } from "../../protocol/visible.ts";
import { readText } from "../../prover/files/text-files.ts";
import { say, sayPart } from "./output.ts";

/** Asks a question on the terminal; where there is none, the answer is no. */
export async function confirm(question: string): Promise<boolean> {
  if (!process.stdin.isTTY) return false;
  return /^y(es)?$/i.test((await ask(`${visible(question)} [y/N] `, process.stderr)).trim());
}

/** Asks for a secret on the terminal, which shows nothing of it. Throws `PASSWORD_MISSING` where there is no terminal. */
export async function askHidden(what: string): Promise<string> {
  if (!process.stdin.isTTY) throw new SheafError("PASSWORD_MISSING", `there is no terminal to ask for ${what} on`);
  sayPart(`${what}: `);
  try {
    return await ask("", new Writable({ write: (_chunk, _encoding, done) => done() }));
  } finally {
    say("");
  }
}

/** One line; an empty one if the input ends. Ctrl-C ends the program as it does elsewhere. */
async function ask(question: string, output: NodeJS.WritableStream): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output, terminal: true });
  terminal.once("SIGINT", () => {
    terminal.close();
    say("");
    process.exit(INTERRUPTED);
  });
  try {
    return await terminal.question(question);
  } catch (error) {
    if ((error as Error).name === "AbortError") return "";
    throw error;
  } finally {
    terminal.close();
  }
}

/**
 * The password of a wallet's file: from a file, $SHEAF_PASSWORD, or a prompt that shows nothing of it.
 *
 * @param isNew a new one: it is asked for twice
 * @throws SheafError PASSWORD_MISSING, PASSWORD_WRONG if the two differ, FILE_UNREADABLE
 */
export async function passwordFrom(file: string | undefined, isNew = false): Promise<string> {
  const given = file === undefined ? process.env["SHEAF_PASSWORD"] : (await readText(file)).replace(/\r?\n$/, "");
  if (given !== undefined) {
    if (given !== "") return given;
    throw new SheafError("PASSWORD_MISSING", "the password is empty");
  }
  const password = await askHidden("the wallet's password");
  if (password === "") throw new SheafError("PASSWORD_MISSING", "the password is empty");
  if (isNew && (await askHidden("the same password again")) !== password) {
    throw new SheafError("PASSWORD_WRONG", "the two passwords differ");
  }
  return password;
}

/** Exit code after Ctrl-C, as shells have it. */
const INTERRUPTED = 130;
const EXIT_CODES = { SIGINT: INTERRUPTED, SIGTERM: 143 } as const;
const SIGNALS = Object.keys(EXIT_CODES) as (keyof typeof EXIT_CODES)[];

/**
 * Has something done should the process end before it is told otherwise, by a signal too. A signal that somebody else
 * takes care of does not end it.
 *
 * @returns tells otherwise
 */
export function atEnd(work: () => void): () => void {
  const handlers = SIGNALS.filter((signal) => process.listenerCount(signal) === 0).map((signal) => {
    const end = (): never => process.exit(EXIT_CODES[signal]);
    process.once(signal, end);
    return () => process.removeListener(signal, end);
  });
  process.once("exit", work);
  return () => {
    process.removeListener("exit", work);
    for (const remove of handlers) remove();
  };
}
