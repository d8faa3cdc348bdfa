import { ROLLUP } from "../../l1/contract.ts";
import type { PackedBatch } from "../../l1/packed-batches.ts";
import type { SheafNode } from "../../node/node.ts";
import { leafOf } from "../../protocol/account.ts";
import type { BatchSize } from "../../protocol/constants.ts";
import { decodeWords } from "../../protocol/decode.ts";
import type { SignedOperation } from "../../protocol/operations.ts";
import type { PublishedBatch } from "../../protocol/words.ts";
import { Ledger } from "../support/protocol/ledger.ts";
import { naiveRoot } from "../support/protocol/naive-tree.ts";
import type { Chain } from "./chain.ts";
import { ownerOf, type Payment } from "./payers.ts";
import { submittedBy } from "./rollup-model.ts";

/** A promise that was broken. */
export class Violation extends Error {
  override readonly name = "Violation";
}

function require(isSo: boolean, what: () => string): void {
  if (!isSo) throw new Violation(what());
}

/** What L1 took of each transaction, in order. */
function takenBy({ blocks }: Chain): readonly (readonly PackedBatch[])[] {
  return blocks.flatMap(({ mined }) =>
    mined.flatMap(({ succeeded, transaction: { data } }) => {
      const call = succeeded && data !== "0x" ? ROLLUP.parseTransaction({ data }) : null;
      return call?.name.startsWith("submitBatch") === true ? [submittedBy(call)] : [];
    }),
  );
}

/** How many batches came in each transaction. */
export const deliveriesOf = (chain: Chain): readonly number[] => takenBy(chain).map((batches) => batches.length);

/** What L1 took, in order. */
const batchesOf = (chain: Chain, sizes: readonly BatchSize[]): readonly PublishedBatch[] =>
  takenBy(chain).flatMap((batches) => batches.map(({ size, words }) => decodeWords(sizes[size]!, words)));

/** A ledger that knows nothing of the node: what L1 took, done by the plainest rules. */
export class Audit {
  readonly #batches: readonly PublishedBatch[];
  readonly #ledger = new Ledger();
  readonly #chain: Chain;

  constructor(chain: Chain, sizes: readonly BatchSize[]) {
    this.#chain = chain;
    this.#batches = batchesOf(chain, sizes);
    for (const batch of this.#batches) this.#ledger.apply(batch);
  }

  /** L1's root is that of the ledger's accounts, and its books hold what is owed. */
  requireBooks(): void {
    const { storage } = this.#chain.head;
    const leaves = new Map(this.#ledger.sorted().map(([index, account]) => [index, leafOf(index, account)]));
    const root = naiveRoot(leaves);
    require(root === storage.stateRoot, () => `L1's root is ${storage.stateRoot}; the ledger's accounts have ${root}`);
    storage.totals.forEach((total, token) => {
      const balances = this.#ledger.holders(token).map((index) => this.#ledger.accounts.get(index)!.balance);
      const credits = [...storage.credits].filter(([key]) => key.startsWith(`${token}/`)).map(([, amount]) => amount);
      const owed = [...balances, ...credits].reduce((sum, amount) => sum + amount, 0n);
      require(balances.every((balance) => balance >= 0n), () => `an account of token ${token} is below zero`);
      require(owed === total, () => `L1 holds ${total} of token ${token} and owes ${owed}`);
    });
  }

  /** What the node shows is what L1 was at the block that the node has come to. */
  requireAgreement({ store }: SheafNode): void {
    const { number, hash } = store.cursor;
    const block = this.#chain.blocks[number];
    if (block?.hash !== hash) throw new Violation(`the node is at block ${number} of another branch`);
    const { storage } = block;
    require(store.state().root === storage.stateRoot, () => "the node's root is not L1's");
    require((store.lastBatch?.number ?? 0) === storage.batchNumber, () => "the node has not L1's batches");
    require(store.queueBounds.head === storage.queueHead, () => "the node's queue is not L1's");
    storage.totals.forEach((total, token) =>
      require(store.books.tokenTotal(token) === total, () => `the node's total of token ${token} is not L1's`),
    );
    for (const [index, account] of this.#ledger.accounts) {
      const own = store.state().account(index);
      require(own?.balance === account.balance && own.nonce === account.nonce, () => `account ${index} is not L1's`);
    }
  }

  /** Each payment was made once; or not at all, and then it was said to be rejected. */
  requirePayments(payments: readonly Payment[], node: SheafNode): void {
    const made = new Map<string, number>();
    const note = (key: string): void => void made.set(key, (made.get(key) ?? 0) + 1);
    for (const { token, transfers, withdrawals } of this.#batches) {
      for (const { from, to, amount } of transfers) note([from, to, token, amount].join("/"));
      for (const { from, amount } of withdrawals) note([from, 0, token, amount].join("/"));
    }
    for (const { from, to, token, amount, attempts } of payments) {
      for (const { id, signed } of attempts) this.#requireDue(signed, id, node);
      const acknowledged = attempts.filter(({ id }) => id !== undefined);
      if (acknowledged.length === 0) continue;
      const [payer, payee] = [from, to].map((name) => name && node.find(ownerOf(name), token));
      const times = made.get([payer, payee ?? 0, token, amount].join("/")) ?? 0;
      const states = acknowledged.map(({ id, rejected }) => {
        const pooled = node.pool.operations.find(id!);
        return { id, status: pooled?.status ?? "lost", batch: pooled?.batch, code: pooled?.reason?.code, rejected };
      });
      const verified = states.filter(({ status }) => status === "verified").length;
      const told = (): string =>
        `${from} to ${to ?? "L1"}, ${amount}: ${JSON.stringify(states)}; L1 has it ${times} times`;
      require(times <= 1, () => `paid twice: ${told()}`);
      require(states.every(({ status }) => ["verified", "rejected"].includes(status)), () => `not settled: ${told()}`);
      require(verified === times, () => `not what the node says: ${told()}`);
    }
  }

  /** What is good from a second on is in no batch of an earlier time. */
  #requireDue({ operation: { validFrom } }: SignedOperation, id: string | undefined, { pool, store }: SheafNode): void {
    const pooled = id === undefined ? undefined : pool.operations.find(id);
    if (validFrom === undefined || pooled?.status !== "verified") return;
    const { timestamp } = store.batch(pooled.batch!)!;
    require(timestamp >= validFrom, () => `${id}, good from ${validFrom} on, is in a batch of ${timestamp}`);
  }
}
