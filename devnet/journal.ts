import { appendFile, readFile } from "node:fs/promises";
import { concat, decodeRlp, encodeRlp, keccak256, Signature, toQuantity, Transaction } from "ethers";
import type { EthereumProvider } from "hardhat/types/providers";
import * as z from "zod";
import { SheafError } from "../protocol/errors.ts";
import { unwritable } from "../prover/files/unwritable.ts";
import { writeWhole } from "../prover/files/whole-files.ts";

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
  /** Transactions that no block in the file holds yet, by their hashes, as they came in. */
  readonly #received = new Map<string, string>();
  #catchingUp: Promise<void> = Promise.resolve();

  constructor(path: string, provider: EthereumProvider) {
    this.#path = path;
    this.#provider = provider;
  }

  /** Unix time of the first block that a file has; undefined if there is no file, or nothing in it. */
  static async genesisTime(path: string): Promise<number | undefined> {
    return (await readEntries(path))[0]?.timestamp;
  }

  /** How many blocks a file has, the first among them. */
  static async lengthOf(path: string): Promise<number> {
    return (await readEntries(path)).length;
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
        await this.#mine(transactions);
      }
      if ((await this.#block(number))?.hash !== hash) {
        throw new SheafError("DEV_STATE_BROKEN", `block ${number} of ${this.#path} cannot be made again`);
      }
      onProgress((number + 1) / entries.length);
    }
    this.#length = entries.length;
  }

  /**
   * Sends a transaction to the chain, and keeps its bytes for the file: a block tells neither of a transaction's blobs nor
   * of everything that was signed.
   *
   * @throws the chain's error if it refuses the transaction
   */
  async send(raw: string): Promise<unknown> {
    const hash = hashOf(raw);
    if (hash !== undefined) this.#received.set(hash, raw);
    try {
      return await this.#request("eth_sendRawTransaction", [raw]);
    } catch (error) {
      // One that was mined and reverted is an error, too.
      const isRefused = hash !== undefined && (await this.#request("eth_getTransactionByHash", [hash])) === null;
      if (isRefused) this.#received.delete(hash);
      throw error;
    }
  }

  /** Writes what the chain has that the file has not. */
  catchUp(): Promise<void> {
    this.#catchingUp = this.#catchingUp.then(async () => {
      for (;;) {
        const block = await this.#block(this.#length);
        if (block === null) return;
        await appendFile(this.#path, lineOf(this.#entryOf(block))).catch((error: unknown) => {
          throw unwritable(this.#path, error);
        });
        this.#length++;
        for (const { hash } of block.transactions) this.#received.delete(hash);
      }
    });
    return this.#catchingUp;
  }

  /** Makes a block of transactions. */
  async #mine(transactions: readonly string[]): Promise<void> {
    // Hardhat takes blobs only where it mines by itself, and so only one transaction of them in a block.
    const hasBlobs = transactions.some(isWithBlobs);
    if (hasBlobs) await this.#request("evm_setAutomine", [true]);
    for (const transaction of transactions) {
      // That a transaction reverts is an error where the chain mines by itself.
      await this.#request("eth_sendRawTransaction", [transaction]).catch((error: unknown) => {
        if (!hasBlobs) throw error;
      });
    }
    await this.#request(hasBlobs ? "evm_setAutomine" : "evm_mine", hasBlobs ? [false] : []);
  }

  #entryOf({ hash, timestamp, transactions }: Block): Entry {
    const raw = transactions.map((mined) => this.#received.get(mined.hash) ?? rawTransaction(mined));
    return { hash, timestamp: Number(timestamp), transactions: raw };
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
  readonly hash: string;
  readonly type: string;
  readonly input: string;
  readonly nonce: string;
  readonly gas: string;
  readonly r: string;
  readonly s: string;
  readonly v: string;
  readonly yParity?: string;
  readonly authorizationList?: readonly MinedAuthorization[];
  readonly [field: string]: unknown;
}

interface MinedAuthorization {
  readonly address: string;
  readonly nonce: string;
  readonly chainId: string;
  readonly r: string;
  readonly s: string;
  readonly yParity: string;
}

const isWithBlobs = (raw: string): boolean => raw.startsWith("0x03");

/** Blobs travel beside a transaction, whose hash does not cover them; `undefined` for what is not a transaction. */
function hashOf(raw: string): string | undefined {
  try {
    if (!isWithBlobs(raw)) return keccak256(raw);
    const [body] = decodeRlp(`0x${raw.slice(4)}`);
    return keccak256(concat(["0x03", encodeRlp(body!)]));
  } catch {
    return undefined;
  }
}

/** A transaction that one of the chain's own accounts signed: of a type before 2, the fees of EIP-1559 are not part. */
function rawTransaction({
  type,
  input: data,
  r,
  s,
  v,
  yParity,
  authorizationList,
  ...fields
}: MinedTransaction): string {
  const { to, nonce, gas: gasLimit, gasPrice, maxFeePerGas, maxPriorityFeePerGas, value, chainId, accessList } = fields;
  const fees = Number(type) >= 2 ? { maxFeePerGas, maxPriorityFeePerGas } : { gasPrice };
  const signature = Signature.from({ r, s, v: Number(yParity ?? v) });
  const authorizations = authorizationList?.map(({ r, s, yParity, ...authorization }) => ({
    ...authorization,
    signature: Signature.from({ r, s, v: Number(yParity) }),
  }));
  const signed = { to, nonce: Number(nonce), gasLimit, ...fees, value, chainId, accessList, data };
  const transaction = { type: Number(type), ...signed, authorizationList: authorizations, signature };
  return Transaction.from(transaction as never).serialized;
}
