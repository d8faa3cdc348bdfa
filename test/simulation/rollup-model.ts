import { getBytes, solidityPackedKeccak256, ZeroAddress, type TransactionDescription } from "ethers";
import { ROLLUP } from "../../l1/contract.ts";
import { unpackBatches, type PackedBatch } from "../../l1/packed-batches.ts";
import { addressOf } from "../../node/follow/addresses.ts";
import { domainOf } from "../../protocol/challenge.ts";
import { FIELD_ORDER, KIND, type BatchSize } from "../../protocol/constants.ts";
import { decodeWords } from "../../protocol/decode.ts";
import { EMPTY_NODES } from "../../protocol/tree.ts";
import type { PublishedBatch } from "../../protocol/words.ts";

const [HOUR, DAY] = [3_600, 86_400];
const [ETHER, GWEI_TENTH] = [0, 10n ** 14n];

/** What the contract keeps. It never changes: a transaction makes another one, so that every block has its own. */
export interface RollupStorage {
  readonly batchNumber: number;
  readonly timestamp: number;
  readonly stateRoot: bigint;
  readonly batchChain: string;
  readonly queueHead: number;
  readonly queue: readonly { readonly hash: string; readonly deadline: number }[];
  readonly isFrozen: boolean;
  /** By token. */
  readonly totals: readonly bigint[];
  /** By token and address. */
  readonly credits: ReadonlyMap<string, bigint>;
}

export interface Call {
  readonly from: string;
  readonly data: string;
  readonly value: bigint;
}

export interface EmittedLog {
  readonly topics: readonly string[];
  readonly data: string;
}

export interface Effect {
  readonly storage: RollupStorage;
  readonly logs: readonly EmittedLog[];
}

/** The contract refuses a call. */
export class Revert extends Error {
  readonly reason: string;
  /** The error's bytes, as a node gives them. */
  readonly data: string;

  constructor(reason: string, ...args: readonly unknown[]) {
    super(`execution reverted: ${reason}`);
    this.reason = reason;
    this.data = ROLLUP.getError(reason) === null ? "0x" : ROLLUP.encodeErrorResult(reason, args);
  }
}

/** Says whether a proof shows that a batch's words are right. */
export type Verify = (proof: readonly bigint[], c: bigint, beneficiary: bigint, words: Uint8Array) => boolean;

/** Size, proof, `c`, words, refund addresses, beneficiary. */
type SubmitBatchArguments = [bigint, bigint[], bigint, string, string[], string];

/** The batches of a call of `submitBatch` or `submitBatches`. */
export function submittedBy({ name, args }: TransactionDescription): readonly PackedBatch[] {
  if (name === "submitBatches") return unpackBatches(getBytes(args[0] as string));
  const [size, proof, c, words, refundAddresses, beneficiary] = args.toArray() as SubmitBatchArguments;
  return [{ size: Number(size), proof, c, words: getBytes(words), refundAddresses, beneficiary }];
}

export interface RollupRules {
  readonly chainId: number;
  readonly address: string;
  readonly operator: string;
  readonly sizes: readonly BatchSize[];
  /** Ether and so many more: all of them are well-behaved, and whoever deposits has enough of them. */
  readonly tokens: number;
  readonly verify: Verify;
}

/**
 * The contract's rules (`contracts/Rollup.sol`), without an EVM: what a call does, or why it is refused. A test sends the
 * same calls to this and to the contract.
 */
export class RollupModel {
  readonly #rules: RollupRules;
  readonly #domain: bigint;

  constructor(rules: RollupRules) {
    this.#rules = rules;
    this.#domain = domainOf(BigInt(rules.chainId), BigInt(rules.address));
  }

  get genesis(): RollupStorage {
    return {
      ...{ batchNumber: 0, timestamp: 0, stateRoot: EMPTY_NODES.at(-1)!, batchChain: `0x${"00".repeat(32)}` },
      ...{ queueHead: 0, queue: [], isFrozen: false, credits: new Map() },
      totals: Array.from({ length: 1 + this.#rules.tokens }, () => 0n),
    };
  }

  /** Does a call in a block of a time. Throws `Revert`. */
  execute(storage: RollupStorage, { from, data, value }: Call, time: number): Effect {
    const call = ROLLUP.parseTransaction({ data, value });
    const effects = new Effects(storage, time);
    switch (call?.name) {
      case "submitBatch":
      case "submitBatches":
        this.#submit(effects, from, submittedBy(call));
        break;
      case "deposit":
        this.#deposit(effects, value, call.args.toArray());
        break;
      case "requestWithdrawal":
        this.#requestWithdrawal(effects, from, value, call.args.toArray());
        break;
      case "withdraw":
        withdraw(effects, call.args.toArray());
        break;
      case "freeze":
        freeze(effects);
        break;
      case undefined:
      default:
        throw new Revert("no such function");
    }
    return effects;
  }

  /** The result of a view of the contract, as a node gives it; `undefined` for what nodes do not ask. */
  view(storage: RollupStorage, data: string): string | undefined {
    const call = ROLLUP.parseTransaction({ data });
    if (call === null) return undefined;
    const values = this.#values(storage, call.name, call.args.toArray());
    return values && ROLLUP.encodeFunctionResult(call.name, values);
  }

  #values(storage: RollupStorage, name: string, [first, second]: readonly unknown[]): readonly unknown[] | undefined {
    const { queue, queueHead } = storage;
    switch (name) {
      case "batchNumber":
        return [storage.batchNumber];
      case "stateRoot":
        return [storage.stateRoot];
      case "batchChain":
        return [storage.batchChain];
      case "queueBounds":
        return [queueHead, queue.length];
      case "queueEntry": {
        const entry = queue[Number(first)];
        return [entry?.hash ?? EMPTY_HASH, entry?.deadline ?? 0];
      }
      case "queueFee":
        return [feeOf(queue.length - queueHead)];
      case "tokenCount":
        return [storage.totals.length];
      case "tokenTotal":
        return [storage.totals[Number(first)] ?? 0n];
      case "withdrawable":
        return [storage.credits.get(creditKey(Number(first), String(second))) ?? 0n];
      case "operator":
        return [this.#rules.operator];
      case "isFrozen":
        return [storage.isFrozen];
      case "domain":
        return [this.#domain];
      case "freezeTime":
        return [queueHead === queue.length ? 2n ** 256n - 1n : queue[queueHead]!.deadline + 7 * DAY];
      default:
        return undefined;
    }
  }

  /** All of them, or none: proofs are verified last, all together. */
  #submit(effects: Effects, from: string, batches: readonly PackedBatch[]): void {
    const { storage, time } = effects;
    requireAlive(storage);
    const oldest = storage.queue[storage.queueHead];
    const isOverdue = oldest !== undefined && time > oldest.deadline;
    if (from !== this.#rules.operator && !isOverdue) throw new Revert("NotOperator", from);
    for (const batch of batches) this.#apply(effects, batch);
    if (isOverdue) this.#requireServed(storage, effects.storage.queueHead, effects.storage.timestamp);
    for (const { proof, c, words, beneficiary } of batches) {
      if (!this.#rules.verify(proof, c, BigInt(beneficiary), words)) throw new Revert("InvalidProof");
    }
  }

  #apply(effects: Effects, { size: id, c, words, refundAddresses, beneficiary }: PackedBatch): void {
    const { storage, time } = effects;
    const size = this.#rules.sizes[id];
    if (size === undefined) throw new Revert("UnknownBatchSize", id);
    const batch = this.#opened(size, words);
    requireNext(storage, batch, time);
    const types = ["uint256", "address", "uint256", "bytes"];
    const digest = solidityPackedKeccak256(types, [c, beneficiary, words.length, words]);
    const batchChain = solidityPackedKeccak256(["bytes32", "bytes32"], [storage.batchChain, digest]);
    const queueHead = takeFromQueue(effects, batch, refundAddresses);
    for (const { l1Address, amount } of batch.withdrawals) effects.credit(batch.token, addressOf(l1Address), amount);
    effects.change({
      ...{ batchChain, queueHead, stateRoot: batch.newRoot },
      ...{ batchNumber: batch.batchNumber, timestamp: batch.timestamp },
    });
    effects.emit("BatchSubmitted", batch.batchNumber, beneficiary, batch.newRoot, id, queueHead);
  }

  #opened(size: BatchSize, words: Uint8Array): PublishedBatch {
    let batch: PublishedBatch;
    try {
      batch = decodeWords(size, words);
    } catch {
      throw new Revert("malformed words");
    }
    if (batch.domain !== this.#domain) throw new Revert("WrongDomain", this.#domain, batch.domain);
    return batch;
  }

  #requireServed({ queue, queueHead }: RollupStorage, end: number, timestamp: number): void {
    const most = Math.max(...this.#rules.sizes.map(({ l1Operations }) => l1Operations));
    if (end - queueHead >= most || end === queue.length) return;
    const { deadline } = queue[end]!;
    if (deadline <= timestamp + 3 * DAY) throw new Revert("QueueNotServed", end, deadline);
  }

  #deposit(effects: Effects, value: bigint, args: readonly unknown[]): void {
    const [id, amount, pubKeyY, l1Address, refundAddress] = args as [bigint, bigint, bigint, string, string];
    const { storage } = effects;
    const token = Number(id);
    requireAlive(storage);
    this.#requireToken(storage, token);
    if (pubKeyY >= FIELD_ORDER) throw new Revert("KeyNotInField", pubKeyY);
    if (l1Address === ZeroAddress || refundAddress === ZeroAddress) throw new Revert("ZeroAddress");
    const cost = feeOf(storage.queue.length - storage.queueHead) + (token === ETHER ? amount : 0n);
    if (amount === 0n) throw new Revert("ZeroAmount");
    effects.book(token, amount);
    const { place, deadline } = effects.enqueue([KIND.deposit, 0, token, l1Address, pubKeyY, amount, refundAddress]);
    effects.emit("DepositQueued", place, l1Address, token, pubKeyY, amount, refundAddress, deadline);
    if (value < cost) throw new Revert("InsufficientValue", cost, value);
  }

  #requestWithdrawal(effects: Effects, from: string, value: bigint, args: readonly unknown[]): void {
    const [index, token] = args.map(Number) as [number, number];
    const { storage } = effects;
    requireAlive(storage);
    this.#requireToken(storage, token);
    const cost = feeOf(storage.queue.length - storage.queueHead);
    const { place, deadline } = effects.enqueue([KIND.forcedWithdrawal, index, token, from, 0n, 0n, ZeroAddress]);
    effects.emit("WithdrawalRequested", place, from, token, index, deadline);
    if (value < cost) throw new Revert("InsufficientValue", cost, value);
  }

  #requireToken({ totals }: RollupStorage, token: number): void {
    if (token >= totals.length) throw new Revert("UnknownToken", token);
  }
}

type QueueItem = readonly [number, number, number, string, bigint, bigint, string];

/** What a call changes and emits so far. */
class Effects implements Effect {
  storage: RollupStorage;
  readonly logs: EmittedLog[] = [];
  readonly time: number;

  constructor(storage: RollupStorage, time: number) {
    this.storage = storage;
    this.time = time;
  }

  change(changes: Partial<RollupStorage>): void {
    this.storage = { ...this.storage, ...changes };
  }

  emit(name: string, ...args: readonly unknown[]): void {
    this.logs.push(ROLLUP.encodeEventLog(name, args));
  }

  /** Notes what came in, or went out. */
  book(token: number, amount: bigint): void {
    const totals = this.storage.totals.with(token, this.storage.totals[token]! + amount);
    if (totals[token]! >= 1n << 128n) throw new Revert("TokenTotalTooLarge", token, totals[token]!);
    this.change({ totals });
  }

  credit(token: number, account: string, amount: bigint): void {
    if (amount === 0n) return;
    const key = creditKey(token, account);
    const credits = new Map(this.storage.credits).set(key, (this.storage.credits.get(key) ?? 0n) + amount);
    this.change({ credits });
    this.emit("WithdrawalCredited", token, account, amount);
  }

  enqueue(item: QueueItem): { readonly place: number; readonly deadline: number } {
    const { queue, queueHead } = this.storage;
    const waiting = queue.length - queueHead;
    const own = this.time + Math.min(3 * DAY + 600 * waiting, 14 * DAY);
    const deadline = Math.max(own, waiting === 0 ? 0 : queue.at(-1)!.deadline);
    const hash = appended(queue.at(-1)?.hash ?? EMPTY_HASH, item);
    this.change({ queue: [...queue, { hash, deadline }] });
    return { place: queue.length, deadline };
  }
}

/** Matches a batch with the head of the queue. Returns the new head. */
function takeFromQueue(effects: Effects, { l1Operations }: PublishedBatch, refundAddresses: readonly string[]): number {
  const { queue, queueHead } = effects.storage;
  let hash = queue[queueHead - 1]?.hash ?? EMPTY_HASH;
  let taken = 0;
  for (const operation of l1Operations) {
    if (operation.kind === "creation") continue;
    const refundAddress = refundAddresses[taken];
    if (refundAddress === undefined) throw new Revert("WrongNumberOfRefundAddresses", taken + 1, taken);
    taken++;
    const l1Address = addressOf(operation.l1Address);
    const isForced = operation.kind === "forcedWithdrawal";
    const [index, amount] = isForced ? [operation.index, 0n] : [0, operation.amount];
    const pubKeyY = isForced ? 0n : operation.pubKeyY;
    hash = appended(hash, [KIND[operation.kind], index, operation.token, l1Address, pubKeyY, amount, refundAddress]);
    if (isForced) effects.credit(operation.token, l1Address, operation.amount);
  }
  const given = refundAddresses.length;
  if (taken !== given) throw new Revert("WrongNumberOfRefundAddresses", taken, given);
  const end = queueHead + taken;
  if (hash !== (end === 0 ? EMPTY_HASH : queue[end - 1]?.hash)) throw new Revert("WrongQueuePrefix", end);
  return end;
}

function requireNext(storage: RollupStorage, batch: PublishedBatch, time: number): void {
  if (batch.oldRoot !== storage.stateRoot) throw new Revert("WrongOldRoot", storage.stateRoot, batch.oldRoot);
  const next = storage.batchNumber + 1;
  if (batch.batchNumber !== next) throw new Revert("WrongBatchNumber", next, batch.batchNumber);
  const earliest = Math.max(time - 6 * HOUR, storage.timestamp);
  if (batch.timestamp < earliest || batch.timestamp > time) {
    throw new Revert("TimestampOutOfRange", earliest, time, batch.timestamp);
  }
}

function requireAlive({ isFrozen }: RollupStorage): void {
  if (isFrozen) throw new Revert("RollupFrozen");
}

function withdraw(effects: Effects, [id, account]: readonly unknown[]): void {
  const [token, to] = [Number(id), String(account)];
  const key = creditKey(token, to);
  const credit = effects.storage.credits.get(key) ?? 0n;
  if (credit === 0n) throw new Revert("NothingToWithdraw", token, to);
  const total = effects.storage.totals[token]!;
  const amount = credit < total ? credit : total;
  if (amount === 0n) throw new Revert("BooksEmpty", token);
  effects.change({ credits: new Map(effects.storage.credits).set(key, credit - amount) });
  effects.book(token, -amount);
  effects.emit("Withdrawn", token, to, amount);
  if (amount < credit) effects.emit("StillCredited", token, to, credit - amount);
}

function freeze(effects: Effects): void {
  const { queue, queueHead, stateRoot } = effects.storage;
  requireAlive(effects.storage);
  const last = queueHead === queue.length ? 2n ** 256n - 1n : BigInt(queue[queueHead]!.deadline + 7 * DAY);
  if (BigInt(effects.time) <= last) throw new Revert("NotYetFreezable", last);
  effects.change({ isFrozen: true });
  effects.emit("Frozen", stateRoot);
}

const EMPTY_HASH = `0x${"00".repeat(27)}`;

function appended(previous: string, item: QueueItem): string {
  const types = ["uint8", "uint32", "uint16", "address", "uint256", "uint128", "address"];
  const hash = solidityPackedKeccak256(types, [...item]);
  return solidityPackedKeccak256(["bytes27", "bytes32"], [previous, hash]).slice(0, 2 + 2 * 27);
}

const creditKey = (token: number, account: string): string => `${token}/${account}`;

/** Wei that joining the queue costs behind so many. */
const feeOf = (waiting: number): bigint => {
  const fee = 2n * GWEI_TENTH + GWEI_TENTH * BigInt(waiting);
  return fee < 10n ** 17n ? fee : 10n ** 17n;
};
