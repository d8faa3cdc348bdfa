import { appendFile, readFile } from "node:fs/promises";
import { Signature, Transaction, toQuantity } from "ethers";
import type { EthereumProvider } from "hardhat/types/providers";
import { z } from "zod";
import { SheafError } from "../../protocol/errors.ts";
import { writeWhole } from "../../prover/cache.ts";
import { unwritable } from "../../prover/unwritable.ts";

const hash = z.string().regex(/^0x[0-9a-f]{64}$/);
const entry = z.object({ hash, timestamp: z.int(), transactions: z.array(z.string().regex(/^0x[0-9a-f]*$/)) });
/** A block as it can be made again: Hardhat's chain makes of the same transactions, at the same time, the same block. */
type Entry = z.output<typeof entry>;

/**
 * The blocks of an in-process Hardhat chain in a file, a line each. Hardhat writes no state to disk; but its chain is
 * deterministic, so the transactions are enough, and each block's hash tells whether it came out the same.
 */
export class Journal {
  readonly #path: string;
  readonly #provider: EthereumProvider;
  /** Blocks in the file, the first block among them. */
  #length = 0;
  #catchingUp: Promise<void> = Promise.resolve();

  constructor(path: string, provider: EthereumProvider) {
    this.#path = path;
    this.#provider = provider;
  }

  /** Unix time of the first block that a file has; undefined if there is no file, or nothing in it. */
  static async genesisTime(path: string): Promise<number | undefined> {
    return (await readEntries(path))[0]?.timestamp;
  }

  /**
   * Makes the file's blocks again. The chain must not mine by itself meanwhile.
   *
   * @throws SheafError DEV_STATE_BROKEN if a block comes out different
   */
  async replay(onProgress: (fraction: number) => void): Promise<void> {
    const entries = await readEntries(this.#path);
    // A line that was not written to its end is gone.
    await writeWhole(this.#path, entries.map(lineOf).join(""));
    for (const [number, { hash, timestamp, transactions }] of entries.entries()) {
      if (number > 0) {
        await this.#request("evm_setNextBlockTimestamp", [timestamp]);
        for (const transaction of transactions) await this.#request("eth_sendRawTransaction", [transaction]);
        await this.#request("evm_mine", []);
      }
      if ((await this.#block(number))?.hash !== hash) {
        throw new SheafError("DEV_STATE_BROKEN", `block ${number} of ${this.#path} cannot be made again`);
      }
      onProgress((number + 1) / entries.length);
    }
    this.#length = entries.length;
  }

  /** Writes what the chain has that the file has not. */
  catchUp(): Promise<void> {
    this.#catchingUp = this.#catchingUp.then(async () => {
      for (;;) {
        const block = await this.#block(this.#length);
        if (block === null) return;
        await appendFile(this.#path, lineOf(entryOf(block))).catch((error: unknown) => {
          throw unwritable(this.#path, error);
        });
        this.#length++;
      }
    });
    return this.#catchingUp;
  }

  async #block(number: number): Promise<Block | null> {
    return (await this.#request("eth_getBlockByNumber", [toQuantity(number), true])) as Block | null;
  }

  #request(method: string, params: unknown[]): Promise<unknown> {
    return this.#provider.request({ method, params });
  }
}

const lineOf = (line: Entry): string => `${JSON.stringify(line)}\n`;

async function readEntries(path: string): Promise<readonly Entry[]> {
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "";
    throw new SheafError("FILE_UNREADABLE", `cannot read ${path}: ${error.message}`, { cause: error });
  });
  const lines = text.split("\n").slice(0, -1);
  try {
    return lines.map((line) => entry.parse(JSON.parse(line)));
  } catch (cause) {
    throw new SheafError("DEV_STATE_BROKEN", `${path} has a line that is no block`, { cause });
  }
}

/** What of `eth_getBlockByNumber` is used. Numbers are quantities. */
interface Block {
  readonly hash: string;
  readonly timestamp: string;
  readonly transactions: readonly MinedTransaction[];
}

interface MinedTransaction {
  readonly [field: string]: string;
  readonly type: string;
  readonly to: string;
  readonly input: string;
}

const entryOf = ({ hash, timestamp, transactions }: Block): Entry => ({
  hash,
  timestamp: Number(timestamp),
  transactions: transactions.map(rawTransaction),
});

/** A mined transaction as it was signed: of a type before 2, the fees of EIP-1559 are not part. */
function rawTransaction({ type, input: data, r, s, v, yParity, ...fields }: MinedTransaction): string {
  const { to, nonce, gas: gasLimit, gasPrice, maxFeePerGas, maxPriorityFeePerGas, value, chainId, accessList } = fields;
  const fees = Number(type) >= 2 ? { maxFeePerGas, maxPriorityFeePerGas } : { gasPrice };
  const signature = Signature.from({ r: r!, s: s!, v: Number(yParity ?? v) });
  const signed = { to, nonce: Number(nonce), gasLimit, ...fees, value, chainId, accessList, data };
  return Transaction.from({ type: Number(type), ...signed, signature } as never).serialized;
}
