import { rmSync } from "node:fs";
import { mkdir, readFile, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import * as z from "zod";
import { SheafError } from "../protocol/errors.ts";
import { decimalBits } from "../protocol/json-fields.ts";
import { temporaryFolder } from "../prover/files/temporary-folder.ts";
import { writeWhole } from "../prover/files/whole-files.ts";
import { Journal } from "./journal.ts";

const schema = z.object({
  rollup: z.string(),
  block: z.int(),
  tokens: z.array(z.string()),
  genesis: z.object({ mnemonic: z.string(), accounts: z.int(), balance: decimalBits(256), chainId: z.int() }),
});
function keptIn(path: string, text: string): KeptRollup {
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    throw new SheafError("DEV_STATE_BROKEN", `${path} does not say which rollup it is`, { cause });
  }
}

/** A rollup that stands in the folder's chain, with its deposits in it, and what that chain began with. */
export type KeptRollup = z.output<typeof schema>;
/** `block` is that of its deployment. */
export type DeployedRollup = Omit<KeptRollup, "genesis">;

/** Where `./sheaf dev` keeps what it makes. */
export class StateFolder {
  readonly path: string;
  readonly isKept: boolean;

  private constructor(path: string, isKept: boolean) {
    this.path = path;
    this.isKept = isKept;
  }

  /**
   * The named folder; without a name one that is gone when the process ends. After a kill -9 it is gone when the next one
   * begins.
   *
   * @throws SheafError FILE_UNWRITABLE if the name is a file's
   */
  static async open(named: string | undefined): Promise<StateFolder> {
    if (named !== undefined) {
      await mkdir(named, { recursive: true }).catch((cause: Error) => {
        throw new SheafError("FILE_UNWRITABLE", `--state ${named} cannot be a folder: ${cause.message}`, { cause });
      });
      return new StateFolder(resolve(named), true);
    }
    const path = await temporaryFolder("dev");
    process.once("exit", () => rmSync(path, { recursive: true, force: true }));
    return new StateFolder(path, false);
  }

  readonly file = (name: string): string => join(this.path, name);

  /** The chain's blocks, a line each. */
  get chain(): string {
    return this.file("chain.jsonl");
  }

  get node(): string {
    return this.file("node");
  }

  /** The published keys, for `./sheaf exit` and `./sheaf propose`. */
  get keys(): string {
    return this.file("keys");
  }

  /**
   * The rollup that is in the folder. What a start left that did not come to its end is taken away.
   *
   * @throws SheafError DEV_STATE_BROKEN if the folder is damaged, FILE_UNREADABLE
   */
  async rollup(): Promise<KeptRollup | undefined> {
    const path = this.file("rollup.json");
    const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return undefined;
      throw new SheafError("FILE_UNREADABLE", `cannot read ${path}: ${error.message}`, { cause: error });
    });
    if (text === undefined) {
      for (const leftover of [this.chain, this.node, this.keys]) await rm(leftover, { recursive: true, force: true });
      return undefined;
    }
    const kept = keptIn(path, text);
    if ((await Journal.lengthOf(this.chain)) > kept.block) return kept;
    throw new SheafError("DEV_STATE_BROKEN", `${this.chain} has lost block ${kept.block}, which has the rollup`);
  }

  /** Says that all is there. */
  keep(rollup: KeptRollup): Promise<void> {
    const { genesis } = rollup;
    const text = JSON.stringify({ ...rollup, genesis: { ...genesis, balance: `${genesis.balance}` } }, undefined, 2);
    return writeWhole(this.file("rollup.json"), `${text}\n`);
  }
}
