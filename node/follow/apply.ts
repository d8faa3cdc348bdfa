import { ZeroAddress } from "ethers";
import { domainOf } from "../../protocol/challenge.ts";
import { SheafError } from "../../protocol/errors.ts";
import { finish } from "../../protocol/steps.ts";
import type { PublishedBatch } from "../../protocol/words.ts";
import type { Log } from "../l1/l1.ts";
import {
  EMPTY_CHAIN,
  type Escape,
  type L1Event,
  type Payout,
  type QueuedOperation,
  type RegisteredSize,
  type Store,
} from "../store/store.ts";
import { appendToBatches, appendToQueue } from "./batch-chain.ts";
import type { EventOf, LoggedEvent, RollupEvent } from "./events.ts";
import { MissingLogs } from "./missing-logs.ts";
import { passedOver, replayable, replayOf, type Replay, type Replays, type Said } from "./replays.ts";
import type { Submission, TakenSubmission } from "./submissions.ts";

/** A log that must follow at once, in the same transaction. */
interface Owed {
  readonly transaction: string;
  readonly name: "WithdrawalCredited" | "StillCredited";
  readonly sum: string;
}

/**
 * Moves a store on by the rollup's events, in the chain's order, as the contract has moved: its counts must have no
 * gap, hashed values must have their hash, credits must follow from the words. Call it in a transaction.
 *
 * @throws SheafError RPC_LOGS_MISSING, RPC_INCONSISTENT, WORDS_MALFORMED, ROOT_MISMATCH
 */
export class EventApplier {
  readonly #store: Store;
  readonly #domain: bigint;
  readonly #said: Said;
  readonly #replays: Replays;
  /** Credits of the transaction that is being read: they come before its batch. */
  #credits: { readonly transaction: string; readonly payout: Payout }[] = [];
  /** What the log after this one must say, by what this one says. */
  #owed: Owed | undefined;

  /** @param replays batches that were replayed before */
  constructor(store: Store, said: Said, replays: Replays = new Map()) {
    this.#store = store;
    this.#replays = replays;
    this.#domain = domainOf(BigInt(store.chainId), BigInt(store.rollup));
    this.#said = said;
  }

  applyAll(events: readonly LoggedEvent[]): void {
    for (const { log, event } of events) {
      this.#apply(log, event);
      const { block, index, transaction } = log;
      const about = aboutOf(event);
      if (about !== undefined) this.#store.events.add({ block: block.number, log: index, transaction, ...about });
    }
    if (this.#owed !== undefined) throw this.#missing(this.#owed);
    for (const { transaction } of this.#credits) {
      const message = `transaction ${transaction} credits withdrawals without a batch`;
      throw new MissingLogs(message, this.#store.lastBlockOf("batches"));
    }
  }

  #apply(log: Log, event: RollupEvent): void {
    const block = log.block.number;
    if (this.#store.sizes().length === 0 && event.name !== "BatchSizeRegistered") {
      throw new SheafError(
        "DEPLOYMENT_BLOCK_UNKNOWN",
        `in block ${block} the rollup is there already, but not its deployment`,
      );
    }
    if (this.#owed !== undefined) this.#requireOwed(log, event);
    switch (event.name) {
      case "BatchSizeRegistered":
        this.#requireNext("batch size", this.#store.sizes().length, event.size.id, "sizes");
        this.#store.addSize(block, event.size);
        return;
      case "TokenRegistered":
        this.#requireNext("token", this.#store.tokens().length, event.token, "tokens");
        this.#store.addToken(block, event.token, event.address);
        return;
      case "DepositQueued": {
        const { l1Address, token, pubKeyY, amount, refundAddress } = event;
        const operation = { kind: "deposit", index: 0, l1Address, token, pubKeyY, amount } as const;
        this.#enqueue(block, event, operation, refundAddress);
        return;
      }
      case "WithdrawalRequested": {
        const { l1Address, token, index } = event;
        this.#enqueue(block, event, { kind: "forcedWithdrawal", index, l1Address, token }, ZeroAddress);
        return;
      }
      case "WithdrawalCredited": {
        const { token, l1Address, amount } = event;
        const payout = { kind: "credit", token, l1Address, amount } as const;
        if (this.#owed === undefined) this.#credits.push({ transaction: log.transaction, payout });
        this.#owed = undefined;
        this.#store.books.addPayout(block, log.index, payout);
        return;
      }
      case "Withdrawn":
        this.#pull(log, event);
        return;
      case "StillCredited":
        if (this.#owed === undefined) {
          const message = `transaction ${log.transaction} leaves ${event.amount} credited without a payout`;
          throw new MissingLogs(message, this.#store.verified);
        }
        this.#owed = undefined;
        return;
      case "BatchSubmitted":
        this.#submit(log, event);
        return;
      case "Frozen":
        if (event.stateRoot !== this.#store.state().root) {
          throw new MissingLogs("the rollup froze at another root", this.#store.lastBlockOf("batches"));
        }
        this.#store.addEscape(block, "freeze", 0);
        return;
      case "Exited": {
        const account = this.#store.state().account(event.index);
        if (account === undefined || describe({ ...account, amount: account.balance }) !== describe(event)) {
          throw new SheafError("RPC_INCONSISTENT", `what left from index ${event.index} is no account of the state`);
        }
        this.#escape(log, event, "exit", event.index);
        return;
      }
      case "DepositRefunded":
        this.#requireWaiting(event);
        this.#escape(log, event, "refund", event.place);
        return;
    }
  }

  /** The credit for it comes next, unless there is nothing to credit. */
  #escape(
    { block, transaction }: Log,
    event: EventOf<"Exited" | "DepositRefunded">,
    kind: Escape,
    place: number,
  ): void {
    if (!this.#store.isFrozen) throw new MissingLogs(`${kind} before a freeze`, this.#store.lastBlockOf("escapes"));
    this.#store.addEscape(block.number, kind, place);
    if (event.amount > 0n) this.#owed = { transaction, name: "WithdrawalCredited", sum: describe(event) };
  }

  #requireWaiting(event: EventOf<"DepositRefunded">): void {
    const { place, token, l1Address, amount } = event;
    const queued = place < this.#store.queueBounds.head ? undefined : this.#store.queued(place);
    const refund = queued?.operation.kind === "deposit" && {
      token: queued.operation.token,
      l1Address: BigInt(queued.refundAddress),
      amount: queued.operation.amount,
    };
    if (refund && describe(refund) === describe({ token, l1Address, amount })) return;
    throw new SheafError("RPC_INCONSISTENT", `what was given back is not the deposit ${place} of the queue`);
  }

  #requireOwed({ transaction }: Log, event: RollupEvent): void {
    const owed = this.#owed!;
    if (event.name === owed.name && transaction === owed.transaction && describe(event) === owed.sum) return;
    throw this.#missing(owed);
  }

  #missing({ transaction, name }: Owed): MissingLogs {
    return new MissingLogs(`transaction ${transaction} lacks its ${name}`, this.#store.verified);
  }

  #enqueue(
    block: number,
    { place, deadline }: Pick<QueuedOperation, "place" | "deadline">,
    operation: QueuedOperation["operation"],
    refundAddress: string,
  ): void {
    this.#requireNext("operation of the queue", this.#store.queueBounds.tail, place, "queue");
    const cumulativeHash = appendToQueue(this.#store.queueHash(place)!, { operation, refundAddress });
    this.#store.addQueued({ place, block, operation, refundAddress, deadline, cumulativeHash });
  }

  /** The contract pays all that is credited, or says next how much it still owes. */
  #pull({ block, index, transaction }: Log, { token, l1Address, amount }: EventOf<"Withdrawn">): void {
    const expected = this.#store.books.withdrawable(token, l1Address);
    if (amount > expected) {
      const message = `${amount} of token ${token} were pulled where the logs before it credit ${expected}`;
      throw new MissingLogs(message, this.#store.verified);
    }
    if (amount < expected) {
      const left = { token, l1Address, amount: expected - amount };
      this.#owed = { transaction, name: "StillCredited", sum: describe(left) };
    }
    this.#store.books.addPayout(block.number, index, { kind: "pull", token, l1Address, amount });
  }

  #submit(log: Log, event: EventOf<"BatchSubmitted">): void {
    const store = this.#store;
    const last = store.lastBatch;
    this.#requireNext("batch", (last?.number ?? 0) + 1, event.batchNumber, "batches");
    const submission = this.#said.submissionOf(log, event);
    const size = store.sizes()[submission.size];
    if (submission.size !== event.size || size === undefined) {
      throw inconsistent(event, `its size is ${event.size} by the event and ${submission.size} by the calldata`);
    }
    if (submission.beneficiary !== event.beneficiary) {
      const [byEvent, byCalldata] = [event.beneficiary, submission.beneficiary];
      throw inconsistent(event, `its beneficiary is ${byEvent} by the event and ${byCalldata} by the calldata`);
    }

    const { published, changes, rows } = this.#replays.get(event) ?? this.#replay(event, size, submission);
    this.#requireHeader(event, published);
    this.#requireQueue(event, published, submission);
    this.#requireCredits(log, event, published);
    const { blob } = submission;
    const batch = {
      number: event.batchNumber,
      block: log.block.number,
      transaction: log.transaction,
      size: event.size,
      timestamp: published.timestamp,
      root: published.newRoot,
      queueEnd: event.queueEnd,
      chain: appendToBatches(last?.chain ?? EMPTY_CHAIN, submission),
      words: submission.words,
      ...(blob && { blob: { versionedHash: blob.versionedHash, start: blob.start } }),
    };
    if (blob !== undefined) this.#said.blobs.keep(store, blob);
    store.addBatch(batch, changes);
    store.history.add(batch, rows);
  }

  #replay(event: EventOf<"BatchSubmitted">, size: RegisteredSize, submission: TakenSubmission): Replay {
    const store = this.#store;
    if (event.batchNumber <= store.snapshot) {
      return passedOver(store, event.batchNumber, size, submission, this.#said.snapshot);
    }
    const before = store.state();
    const words = { kept: submission.words, inBlob: this.#said.blobs.wordsOf(store, submission.blob) };
    return finish(replayOf(before, before.fork(), replayable(size), words, store.queueBounds.head));
  }

  #requireHeader(event: EventOf<"BatchSubmitted">, { domain, batchNumber, newRoot }: PublishedBatch): void {
    if (domain !== this.#domain) throw inconsistent(event, "its words are of another rollup or chain");
    if (batchNumber !== event.batchNumber) throw inconsistent(event, `its words have the number ${batchNumber}`);
    if (newRoot !== event.newRoot) {
      throw inconsistent(event, `it leads to the root ${newRoot} by its words and to ${event.newRoot} by its event`);
    }
  }

  /** What the batch took from the queue must be what the queue's events put there, refund addresses included. */
  #requireQueue(
    event: EventOf<"BatchSubmitted">,
    { l1Operations }: PublishedBatch,
    { refundAddresses }: Submission,
  ): void {
    const { head, tail } = this.#store.queueBounds;
    const taken = l1Operations.filter((operation) => operation.kind !== "creation");
    if (event.queueEnd > tail) {
      const message = `batch ${event.batchNumber} takes ${event.queueEnd} operations where the logs queue ${tail}`;
      throw new MissingLogs(message, this.#store.lastBlockOf("queue"));
    }
    if (event.queueEnd !== head + taken.length || refundAddresses.length !== taken.length) {
      throw inconsistent(event, `it takes ${taken.length} operations of the queue, from ${head} to ${event.queueEnd}`);
    }
    const hash = taken.reduce(
      (before, operation, i) => appendToQueue(before, { operation, refundAddress: refundAddresses[i]! }),
      this.#store.queueHash(head)!,
    );
    if (hash !== this.#store.queueHash(event.queueEnd)) {
      throw inconsistent(event, "what it takes from the queue is not what was queued");
    }
  }

  #requireCredits({ transaction }: Log, event: EventOf<"BatchSubmitted">, published: PublishedBatch): void {
    const forced = published.l1Operations.filter((operation) => operation.kind === "forcedWithdrawal");
    const signed = published.withdrawals.map((withdrawal) => ({ ...withdrawal, token: published.token }));
    const expected = [...forced, ...signed].filter(({ amount }) => amount > 0n).map(describe);
    const given = this.#credits.filter((credit) => credit.transaction === transaction);
    if (given.length < expected.length) {
      throw new MissingLogs(`credits of batch ${event.batchNumber}`, this.#store.lastBlockOf("batches"));
    }
    if (given.map(({ payout }) => describe(payout)).join() !== expected.join()) {
      throw inconsistent(event, "its credits on L1 are not those of its words");
    }
    this.#credits = this.#credits.filter((credit) => credit.transaction !== transaction);
  }

  #requireNext(what: string, expected: number, given: number, table: "batches" | "queue" | "sizes" | "tokens"): void {
    if (given === expected) return;
    const since = this.#store.lastBlockOf(table);
    throw new MissingLogs(`after block ${since} comes ${what} ${given}; ${expected} is missing`, since);
  }
}

/** What an event is about, as it is looked for. */
function aboutOf(event: RollupEvent): Pick<L1Event, "kind" | "subject"> | undefined {
  switch (event.name) {
    case "BatchSizeRegistered":
      return { kind: "size", subject: event.size.id };
    case "TokenRegistered":
      return { kind: "token", subject: event.token };
    case "DepositQueued":
      return { kind: "deposit", subject: event.place };
    case "WithdrawalRequested":
      return { kind: "forcedWithdrawal", subject: event.place };
    case "BatchSubmitted":
      return { kind: "batch", subject: event.batchNumber };
    case "WithdrawalCredited":
      return { kind: "credit", subject: 0 };
    case "Withdrawn":
      return { kind: "payout", subject: 0 };
    case "StillCredited":
      return undefined;
    case "Frozen":
      return { kind: "freeze", subject: 0 };
    case "Exited":
      return { kind: "exit", subject: event.index };
    case "DepositRefunded":
      return { kind: "refund", subject: event.place };
  }
}

const describe = ({ token, l1Address, amount }: Omit<Payout, "kind">): string => `${token}/${l1Address}/${amount}`;

const inconsistent = ({ batchNumber }: EventOf<"BatchSubmitted">, reason: string): SheafError =>
  new SheafError("RPC_INCONSISTENT", `batch ${batchNumber}: ${reason}`);
