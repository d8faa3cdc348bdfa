import { AbiCoder } from "ethers";
import { ROLLUP as CONTRACT } from "../../../l1/contract.ts";
import { addressOf } from "../../../node/follow/addresses.ts";
import { appendToBatches } from "../../../node/follow/batch-chain.ts";
import { RpcError, type Rpc } from "../../../node/l1/rpc.ts";
import { EMPTY_CHAIN } from "../../../node/store/store.ts";
import { calldataOf } from "../../../node/submitter/call.ts";
import type { ProvenBatch } from "../../../node/submitter/submission.ts";
import { BATCH_SIZES } from "../../../protocol/constants.ts";
import { decodeWords } from "../../../protocol/decode.ts";
import { CHAIN_ID, FIRST_BLOCK, ROLLUP, timeOf } from "./rollup.ts";

/** The rollup's contract after a block. */
interface Contract {
  readonly batchNumber: number;
  readonly stateRoot: bigint;
  readonly batchChain: string;
}

interface MadeUpBlock {
  readonly number: number;
  readonly hash: string;
  readonly batches: readonly {
    readonly transaction: string;
    readonly calldata: string;
    readonly logs: readonly Log[];
  }[];
  readonly contract: Contract;
}

type Log = ReturnType<typeof CONTRACT.encodeEventLog>;

/** Blocks after which one is final. */
const FINALITY = 64;

const quantity = (value: number): string => `0x${value.toString(16)}`;
const word = (value: number): string => `0x${value.toString(16).padStart(64, "0")}`;

/** L1 as an RPC node in this process shows it, as far as a rollup's node asks. It takes every batch, in their order. */
export class MadeUpL1 {
  readonly #blocks: MadeUpBlock[] = [];
  #reorganisations = 0;

  /** @param root after the rollup's first batch, in the first block */
  constructor(root: bigint) {
    this.#append([], { batchNumber: 1, stateRoot: root, batchChain: EMPTY_CHAIN });
  }

  get head(): number {
    return this.#blocks.at(-1)!.number;
  }

  hashOf(block: number): string {
    return this.#blocks[block - FIRST_BLOCK]!.hash;
  }

  /** Of these batches those that go on from the last one, in their order. */
  next(batches: readonly ProvenBatch[]): readonly ProvenBatch[] {
    const { batchNumber } = this.#blocks.at(-1)!.contract;
    const sorted = batches.toSorted((a, b) => a.batchNumber - b.batchNumber);
    return sorted.filter((batch, i) => batch.batchNumber === batchNumber + 1 + i);
  }

  /** The next block. */
  mine(batches: readonly ProvenBatch[] = []): void {
    let { contract } = this.#blocks.at(-1)!;
    const taken = batches.map((batch) => {
      const { token, newRoot, withdrawals } = decodeWords(BATCH_SIZES[batch.size]!, batch.words);
      const { batchNumber, size } = batch;
      contract = { batchNumber, stateRoot: newRoot, batchChain: appendToBatches(contract.batchChain, batch) };
      const logs = [
        ...withdrawals.map(({ l1Address, amount }) =>
          CONTRACT.encodeEventLog("WithdrawalCredited", [token, addressOf(l1Address), amount]),
        ),
        CONTRACT.encodeEventLog("BatchSubmitted", [batchNumber, newRoot, size, 0]),
      ];
      return { transaction: word(batchNumber), calldata: calldataOf(batch), logs };
    });
    this.#append(taken, contract);
  }

  /** Leaves the newest blocks for as many that hold nothing, and one more. */
  reorganise(depth: number): void {
    this.#reorganisations++;
    this.#blocks.splice(Math.max(1, this.#blocks.length - depth));
    for (let block = 0; block <= depth; block++) this.mine();
  }

  readonly rpc: Rpc = (method, params) => Promise.resolve(this.#answer(method, params as readonly [never, never]));

  #append(batches: MadeUpBlock["batches"], contract: Contract): void {
    const number = FIRST_BLOCK + this.#blocks.length;
    this.#blocks.push({ number, hash: word(number + this.#reorganisations * 2 ** 32), batches, contract });
  }

  #blockAt(which: string): MadeUpBlock | undefined {
    if (which === "latest") return this.#blocks.at(-1);
    return this.#blocks[
      which === "finalized" ? Math.max(0, this.#blocks.length - FINALITY) : Number(which) - FIRST_BLOCK
    ];
  }

  #answer(method: string, [first, second]: readonly [never, never]): unknown {
    switch (method) {
      case "eth_chainId":
        return quantity(CHAIN_ID);
      case "eth_getBlockByNumber": {
        const block = this.#blockAt(first);
        return block === undefined
          ? null
          : { number: quantity(block.number), hash: block.hash, timestamp: quantity(timeOf(block.number)) };
      }
      case "eth_getLogs":
        return this.#logs(first);
      case "eth_getTransactionByBlockHashAndIndex": {
        const block = this.#blocks.find(({ hash }) => hash === first);
        const found = block?.batches[Number(second)];
        return found === undefined ? null : { hash: found.transaction, to: ROLLUP, input: found.calldata };
      }
      case "eth_call":
        return this.#call(first, second);
      default:
        throw new RpcError(-32601, `the method ${method} does not exist`);
    }
  }

  #logs({ fromBlock, toBlock }: { readonly fromBlock: string; readonly toBlock: string }): readonly unknown[] {
    const blocks = this.#blocks.slice(Number(fromBlock) - FIRST_BLOCK, Number(toBlock) - FIRST_BLOCK + 1);
    return blocks.flatMap(({ number, hash, batches }) =>
      batches
        .flatMap(({ transaction, logs }, place) => logs.map((log) => ({ log, transaction, place })))
        .map(({ log, transaction, place }, index) => ({
          ...{ address: ROLLUP, ...log, blockNumber: quantity(number), blockHash: hash },
          ...{ transactionHash: transaction, transactionIndex: quantity(place), logIndex: quantity(index) },
        })),
    );
  }

  #call({ data }: { readonly data: string }, which: string): string {
    const { contract } = this.#blockAt(which)!;
    const { name, outputs } = CONTRACT.getFunction(data.slice(0, 10))!;
    const values: Readonly<Record<string, readonly unknown[]>> = {
      ...{ batchNumber: [contract.batchNumber], stateRoot: [contract.stateRoot], batchChain: [contract.batchChain] },
      ...{ queueBounds: [0, 0], tokenCount: [1], isFrozen: [false], tokenTotal: [0] },
    };
    return AbiCoder.defaultAbiCoder().encode(outputs, values[name]!);
  }
}
