import { toBeHex, Transaction } from "ethers";
import { ROLLUP } from "../../l1/contract.ts";
import { RpcError } from "../../node/l1/rpc.ts";
import { NotTaken, type Chain, type ChainBlock, type ChainTransaction, type Mined } from "./chain.ts";
import { Revert, type RollupRules, type RollupStorage } from "./rollup-model.ts";

/** How clients differ. */
export interface ClientKind {
  /** Whether its mempool takes a transaction whose nonce leaves a gap. */
  readonly takesGaps: boolean;
  /** Whether calls on the newest block are made in its time (Geth), or in that of the one after it (Anvil, Hardhat). */
  readonly callsInHead: boolean;
  /** Whether it knows which block is final. */
  readonly knowsFinality: boolean;
}

/** Blocks after which one is final: two epochs. */
const FINALITY = 64;
const TIP = 10n ** 8n;

/** An Ethereum node's JSON-RPC, as far as the rollup's node asks. It tells the truth; who is between may not. */
export class L1Node {
  readonly #chain: Chain;
  readonly #rules: RollupRules;
  readonly #kind: ClientKind;
  /** Now, in Unix seconds. */
  readonly #now: () => number;
  readonly #parsed = new Map<string, ChainTransaction>();
  readonly #views = new WeakMap<RollupStorage, Map<string, string | undefined>>();

  constructor(chain: Chain, rules: RollupRules, kind: ClientKind, now: () => number) {
    this.#chain = chain;
    this.#rules = rules;
    this.#kind = kind;
    this.#now = now;
  }

  /** The answer to a request as of now. Throws `RpcError`. */
  answer(method: string, params: readonly unknown[]): unknown {
    const chain = this.#chain;
    const [first, second] = params;
    switch (method) {
      case "eth_chainId":
        return quantity(this.#rules.chainId);
      case "eth_blockNumber":
        return quantity(chain.head.number);
      case "eth_getBlockByNumber":
        return blockView(this.#blockOf(first));
      case "eth_getBlockByHash":
        return blockView(chain.blocks.find(({ hash }) => hash === first));
      case "eth_getLogs":
        return this.#logs(first as Filter);
      case "eth_getCode":
        return first === this.#rules.address && this.#requireBlock(second).number > 0 ? "0x60" : "0x";
      case "eth_getBalance":
        return quantity(chain.weather.isOperatorPoor ? 0n : 10n ** 20n);
      case "eth_getTransactionCount":
        return quantity(chain.nonceOf(first as string, second as "latest" | "pending"));
      case "eth_getTransactionByHash":
        return this.#transaction(first as string);
      case "eth_getTransactionByBlockHashAndIndex": {
        const block = chain.blocks.find(({ hash }) => hash === first);
        const mined = block?.mined[Number(second)];
        return mined === undefined ? null : transactionView(mined.transaction, block);
      }
      case "eth_getTransactionReceipt":
        return this.#receipt(first as string);
      case "eth_maxPriorityFeePerGas":
        return quantity(TIP);
      case "eth_gasPrice":
        return quantity(chain.weather.baseFee + TIP);
      case "eth_feeHistory":
        return { reward: [[quantity(TIP)]] };
      case "eth_sendRawTransaction":
        return this.#send(first as string);
      case "eth_call":
        return this.#call(first as CallRequest, second);
      case "eth_estimateGas":
        return quantity(this.#estimate(first as CallRequest));
      default:
        throw new RpcError(-32601, `the method ${method} does not exist`);
    }
  }

  #blockOf(which: unknown): ChainBlock | undefined {
    const { blocks, head } = this.#chain;
    if (which === "latest" || which === "pending") return head;
    if (which !== "finalized" && which !== "safe") return blocks[Number(which)];
    if (this.#kind.knowsFinality) return blocks[Math.max(0, head.number - FINALITY)];
    throw new RpcError(-32602, `unknown block tag ${which}`);
  }

  #requireBlock(which: unknown): ChainBlock {
    const block = this.#blockOf(which);
    if (block === undefined) throw new RpcError(-32000, "header not found");
    return block;
  }

  #logs({ fromBlock, toBlock }: Filter): readonly unknown[] {
    const { blocks, head, rollup } = this.#chain;
    const [from, to] = [Number(fromBlock), Math.min(Number(toBlock), head.number)];
    const found: unknown[] = [];
    for (let number = from; number <= to; number++) {
      const { hash, mined } = blocks[number]!;
      let index = 0;
      for (const { transaction, logs, index: place } of mined) {
        for (const { topics, data } of logs) {
          found.push({
            ...{ address: rollup, topics, data, blockNumber: quantity(number), blockHash: hash },
            ...{ transactionHash: transaction.hash, transactionIndex: quantity(place), logIndex: quantity(index++) },
            removed: false,
          });
        }
      }
    }
    return found;
  }

  #transaction(hash: string): unknown {
    const found = this.#chain.find(hash);
    if (found !== undefined) return transactionView(found.mined.transaction, found.block);
    const waiting = this.#chain.mempool.get(hash);
    return waiting === undefined ? null : transactionView(waiting, undefined);
  }

  #receipt(hash: string): unknown {
    const found = this.#chain.find(hash);
    if (found === undefined) return null;
    const { block, mined } = found;
    return receiptView(block, mined);
  }

  #send(raw: string): string {
    const transaction = this.#parse(raw);
    if (this.#chain.find(transaction.hash) !== undefined) throw new RpcError(-32000, "nonce too low");
    try {
      this.#chain.submit(transaction, this.#kind.takesGaps);
    } catch (error) {
      if (error instanceof NotTaken) throw new RpcError(-32000, error.message);
      throw error;
    }
    return transaction.hash;
  }

  #parse(raw: string): ChainTransaction {
    const known = this.#parsed.get(raw);
    if (known !== undefined) return known;
    const { hash, from, nonce, to, data, value, maxFeePerGas, maxPriorityFeePerGas } = Transaction.from(raw);
    const fees = { maxFee: maxFeePerGas!, tip: maxPriorityFeePerGas! };
    const parsed = { hash: hash!, from: from!, nonce, to: to!, data, value, raw, ...fees };
    this.#parsed.set(raw, parsed);
    return parsed;
  }

  #call({ from, to, data }: CallRequest, which: unknown): string {
    const block = this.#requireBlock(which);
    if (to !== this.#rules.address) return "0x";
    const view = this.#view(block, data);
    if (view !== undefined) return view;
    this.#execute(block, from!, data);
    return "0x";
  }

  /** Of the same storage the same answer: most blocks change nothing. */
  #view({ storage }: ChainBlock, data: string): string | undefined {
    const known = this.#views.get(storage) ?? new Map<string, string | undefined>();
    this.#views.set(storage, known);
    if (!known.has(data)) known.set(data, this.#chain.model.view(storage, data));
    return known.get(data);
  }

  #execute(block: ChainBlock, from: string, data: string): void {
    const time = this.#kind.callsInHead ? block.timestamp : Math.max(block.timestamp + 1, Math.floor(this.#now()));
    try {
      this.#chain.model.execute(block.storage, { from, data, value: 0n }, time);
    } catch (error) {
      if (error instanceof Revert) throw new RpcError(3, error.message, error.data);
      throw error;
    }
  }

  #estimate({ from, to, data }: CallRequest): number {
    // What a new storage slot costs, by which the node tells L1's rules.
    if (to === undefined) return data.includes("55") ? 75_100 : 53_000;
    if (to !== this.#rules.address) return 21_000 + 20 * data.length;
    this.#execute(this.#chain.head, from!, data);
    return 320_000;
  }
}

interface Filter {
  readonly fromBlock: string;
  readonly toBlock: string;
}

interface CallRequest {
  readonly from?: string;
  readonly to?: string;
  readonly data: string;
}

export const quantity = (value: number | bigint): string => `0x${value.toString(16)}`;

const blockView = (block: ChainBlock | undefined): unknown =>
  block === undefined
    ? null
    : {
        ...{ number: quantity(block.number), hash: block.hash, parentHash: block.parentHash },
        ...{ timestamp: quantity(block.timestamp), baseFeePerGas: quantity(block.baseFee) },
      };

const transactionView = ({ hash, from, to, data, nonce, maxFee }: ChainTransaction, block: ChainBlock | undefined) => ({
  ...{ hash, from, to, input: data, nonce: quantity(nonce ?? 0), gasPrice: quantity(maxFee) },
  ...{ blockNumber: block === undefined ? null : quantity(block.number), blockHash: block?.hash ?? null },
});

const receiptView = (block: ChainBlock, { transaction, succeeded, gasUsed, gasPrice }: Mined) => ({
  ...{ transactionHash: transaction.hash, from: transaction.from, status: quantity(Number(succeeded)) },
  ...{ blockNumber: quantity(block.number), blockHash: block.hash },
  ...{ gasUsed: quantity(gasUsed), effectiveGasPrice: quantity(gasPrice) },
});

/** The logs of a deployment: its sizes, and its tokens besides ether. */
export function deploymentLogs({ sizes, tokens }: RollupRules): readonly { topics: string[]; data: string }[] {
  const verifier = `0x${"ee".repeat(20)}`;
  const [circuitHash, keyHash] = [toBeHex(1, 32), toBeHex(2, 32)];
  return [
    ...sizes.map((size, id) =>
      ROLLUP.encodeEventLog("BatchSizeRegistered", [
        id,
        {
          verifier,
          transfers: size.transfers,
          l1Operations: size.l1Operations,
          withdrawals: size.withdrawals,
          circuitHash,
          keyHash,
        },
      ]),
    ),
    ...Array.from({ length: tokens }, (_, i) =>
      ROLLUP.encodeEventLog("TokenRegistered", [1 + i, `0x${String(i).padStart(2, "7").repeat(20)}`]),
    ),
  ];
}
