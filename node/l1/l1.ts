import type { Interface } from "ethers";
import * as z from "zod";
import { ROLLUP } from "../../l1/contract.ts";
import { SheafError } from "../../protocol/errors.ts";
import { l1AddressOf } from "../../protocol/l1-address.ts";
import { inSlices, type Pauses } from "../../protocol/slices.ts";
import type { Steps } from "../../protocol/steps.ts";
import { address, ask, hash, hex, parseAnswer, quantity, tagOf } from "./rpc-schemas.ts";
import type { Rpc } from "./rpc.ts";

/** A block by its number and hash: it stands for the whole chain up to it. */
export interface BlockReference {
  readonly number: number;
  /** 0x and 64 digits. */
  readonly hash: string;
}

export interface Block extends BlockReference {
  /** Unix time in seconds. */
  readonly timestamp: number;
}

/** An event's log of the rollup, as the node gives it. */
export interface Log {
  readonly topics: readonly string[];
  readonly data: string;
  readonly block: BlockReference;
  readonly transaction: string;
  /** Its place in the block; `undefined` if the node does not say. */
  readonly transactionIndex: number | undefined;
  /** Place among the block's logs. */
  readonly index: number;
}

/** What a transaction called the rollup with. */
export interface RollupCall {
  readonly calldata: string;
  /** Versioned hashes of the blobs that came with it: 0x and 64 digits. */
  readonly blobHashes: readonly string[];
}

/** What it takes to find the transaction of a log. */
export type CallLog = Pick<Log, "block" | "transaction" | "transactionIndex">;

const blockSchema = z.object({ number: quantity, hash, timestamp: quantity }).nullable();
const logSchema = z.object({
  address,
  topics: z.array(hash).max(4),
  data: hex,
  blockNumber: quantity,
  blockHash: hash,
  transactionHash: hash,
  transactionIndex: quantity.nullish(),
  logIndex: quantity,
  removed: z.boolean().optional(),
});
const transactionSchema = z
  .object({ hash, to: address.nullish(), input: hex, blobVersionedHashes: z.array(hash).nullish() })
  .nullable();

/** One rollup as an L1 node shows it. Each answer's shape is checked (`RPC_MALFORMED`), not its truth. */
export class L1 {
  readonly #rpc: Rpc;
  /** The rollup's address, with checksum. */
  readonly rollup: string;

  /** @throws SheafError FIELD_INVALID if the rollup's address is not an address */
  constructor(rpc: Rpc, rollup: string) {
    this.#rpc = rpc;
    this.rollup = l1AddressOf("the rollup", rollup);
  }

  /** Another contract as the same node shows it. */
  at(address: string): L1 {
    return new L1(this.#rpc, address);
  }

  chainId(): Promise<number> {
    return ask(this.#rpc, quantity, "eth_chainId");
  }

  /** A block of the chain as the node sees it now; `undefined` if it has none. */
  async block(which: number | "latest" | "finalized"): Promise<Block | undefined> {
    const block = await ask(this.#rpc, blockSchema, "eth_getBlockByNumber", tagOf(which), false);
    if (block !== null && typeof which === "number" && block.number !== which) {
      throw new SheafError("RPC_INCONSISTENT", `the node gives block ${block.number} for block ${which}`);
    }
    return block ?? undefined;
  }

  /** As `block`. Throws `RPC_BEHIND` if the node has none, such as one of several behind a load balancer. */
  async requireBlock(which: number | "latest"): Promise<Block> {
    const block = await this.block(which);
    if (block !== undefined) return block;
    throw new SheafError("RPC_BEHIND", `the node has no block ${which === "latest" ? "at all" : which} yet`);
  }

  /**
   * The rollup's logs in a range of blocks, both ends included, in the chain's order. Others have their turn while they are
   * looked at.
   *
   * @throws RpcError if the node refuses, for the range is too long for it or holds too much
   */
  async logs(from: number, to: number, clock: Pauses): Promise<readonly Log[]> {
    const filter = { address: this.rollup, fromBlock: tagOf(from), toBlock: tagOf(to) };
    const answer = parseAnswer(z.array(z.unknown()), "eth_getLogs", await this.#rpc("eth_getLogs", [filter]));
    const logs = await inSlices(this.#logSteps(answer, from, to), clock);
    return logs.sort((a, b) => a.block.number - b.block.number || a.index - b.index);
  }

  *#logSteps(answer: readonly unknown[], from: number, to: number): Steps<Log[]> {
    const logs: Log[] = [];
    for (const one of answer) {
      const log = parseAnswer(logSchema, "eth_getLogs", one);
      const outside = log.blockNumber < from || log.blockNumber > to || log.address !== this.rollup;
      if (outside || log.removed === true) {
        throw new SheafError("RPC_INCONSISTENT", `the node gives a log that blocks ${from} to ${to} do not have`);
      }
      const block = { number: log.blockNumber, hash: log.blockHash };
      const { topics, data, transactionHash: transaction, logIndex: index } = log;
      logs.push({ topics, data, block, transaction, transactionIndex: log.transactionIndex ?? undefined, index });
      yield;
    }
    return logs;
  }

  /**
   * The transaction that a log is of, which called the rollup.
   *
   * @throws SheafError RPC_INCONSISTENT if there is no such
   */
  async rollupCall({ transaction, ...log }: CallLog): Promise<RollupCall> {
    const found =
      (await this.#transactionAt(log)) ??
      (await ask(this.#rpc, transactionSchema, "eth_getTransactionByHash", transaction));
    if (found === null) throw new SheafError("RPC_INCONSISTENT", `the node lacks the transaction ${transaction}`);
    // The contract takes batches from a transaction's own call only, so that their words are always there to be read.
    if (found.hash !== transaction || found.to !== this.rollup) {
      throw new SheafError("RPC_INCONSISTENT", `transaction ${transaction}, as the node has it, calls no rollup`);
    }
    return { calldata: found.input, blobHashes: found.blobVersionedHashes ?? [] };
  }

  /**
   * A transaction by its place. Nodes have old blocks, but not for ever an index of hashes (Geth's default: a year); a few
   * have no such method.
   */
  async #transactionAt({ block, transactionIndex }: Omit<CallLog, "transaction">) {
    if (transactionIndex === undefined) return null;
    const place = [block.hash, tagOf(transactionIndex)];
    try {
      return await ask(this.#rpc, transactionSchema, "eth_getTransactionByBlockHashAndIndex", ...place);
    } catch (error) {
      if (error instanceof SheafError && error.code === "RPC_REFUSED") return null;
      throw error;
    }
  }

  /** Whether the rollup's address has code at a block. */
  async hasCode(block: number | "latest"): Promise<boolean> {
    return (await ask(this.#rpc, hex, "eth_getCode", this.rollup, tagOf(block))) !== "0x";
  }

  /** The result of one of the rollup's functions at a block, decoded. Throws `RPC_REFUSED` where the state is not kept. */
  call(name: string, args: readonly unknown[], block: number | "latest"): Promise<readonly unknown[]> {
    return this.callAs(ROLLUP, name, args, block);
  }

  /** As `call`, of a contract with another interface: see `at`. */
  async callAs(
    contract: Interface,
    name: string,
    args: readonly unknown[],
    block: number | "latest",
  ): Promise<readonly unknown[]> {
    const data = contract.encodeFunctionData(name, args);
    const result = await ask(this.#rpc, hex, "eth_call", { to: this.rollup, data }, tagOf(block));
    try {
      return contract.decodeFunctionResult(name, result).toArray();
    } catch (cause) {
      throw new SheafError("RPC_INCONSISTENT", `${name}() of ${this.rollup} is no rollup's`, { cause });
    }
  }
}
