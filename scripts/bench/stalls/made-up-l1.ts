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
import { elementToHex } from "../../../protocol/json-fields.ts";
import { CHAIN_ID, FIRST_BLOCK, LAST_BATCH, ROLLUP, timeOf } from "./rollup.ts";

/** The rollup's contract after a block. */
interface Contract {
  readonly batchNumber: number;
  readonly stateRoot: bigint;
  readonly batchChain: string;
}

interface MadeUpBlock {
  readonly number: number;
  readonly hash: string;
  readonly batches: readonly SentBatch[];
  readonly contract: Contract;
}

/** A batch in its transaction, and what the contract logs once it has it. */
export interface SentBatch {
  readonly batch: ProvenBatch;
  readonly newRoot: bigint;
  readonly transaction: string;
  readonly calldata: string;
  readonly logs: readonly Log[];
}

type Log = ReturnType<typeof CONTRACT.encodeEventLog>;

/** Blocks after which one is final. */
const FINALITY = 64;

const quantity = (value: number): string => `0x${value.toString(16)}`;
const word = (value: number): string => elementToHex(BigInt(value));

export function sentBatch(batch: ProvenBatch): SentBatch {
  const { batchNumber, size, words, beneficiary } = batch;
  const { token, newRoot, withdrawals } = decodeWords(BATCH_SIZES[size]!, words);
  const logs = [
    ...withdrawals.map(({ l1Address, amount }) =>
      CONTRACT.encodeEventLog("WithdrawalCredited", [token, addressOf(l1Address), amount]),
    ),
    CONTRACT.encodeEventLog("BatchSubmitted", [batchNumber, beneficiary, newRoot, size, 0]),
  ];
  return { batch, newRoot, transaction: word(batchNumber), calldata: calldataOf([batch]), logs };
}

/** L1 as an RPC node in this process shows it, as far as a rollup's node asks. It takes every batch, in their order. */
export class MadeUpL1 {
  readonly #blocks: MadeUpBlock[] = [];
  #reorganisations = 0;

  /** @param root after the rollup's last batch, which is in the first block */
  constructor(root: bigint) {
    this.#append([], { batchNumber: LAST_BATCH, stateRoot: root, batchChain: EMPTY_CHAIN });
  }

  get head(): number {
    return this.#blocks.at(-1)!.number;
  }

  hashOf(block: number): string {
    return this.#blocks[block - FIRST_BLOCK]!.hash;
  }

  /** The next block, with those of the batches that go on from the last one. Returns these, in their order. */
  mine(sent: readonly SentBatch[] = []): readonly SentBatch[] {
    let { contract } = this.#blocks.at(-1)!;
    const batches = sent
      .toSorted((a, b) => a.batch.batchNumber - b.batch.batchNumber)
      .filter(({ batch }, i) => batch.batchNumber === contract.batchNumber + 1 + i);
    for (const { batch, newRoot } of batches) {
      const batchChain = appendToBatches(contract.batchChain, batch);
      contract = { batchNumber: batch.batchNumber, stateRoot: newRoot, batchChain };
    }
    this.#append(batches, contract);
    return batches;
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
