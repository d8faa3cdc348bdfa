import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { SheafError } from "../../protocol/errors.ts";
import { visible } from "../../protocol/visible.ts";
import { say, sayPart } from "./output.ts";
import { INTERRUPTED } from "./signals.ts";

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
