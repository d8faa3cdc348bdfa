import { Transaction, type Signer } from "ethers";
import { lackedGas, MOST_GAS, roomFor } from "../../l1/gas-limit.ts";
import { GLAMSTERDAM } from "../../l1/gas-schedule.ts";
import { SheafError } from "../../protocol/errors.ts";
import type { Clock } from "../clock.ts";
import type { GasRules } from "../l1/gas-rules.ts";
import { calldataOf, enoughGas, timestampOf } from "./call.ts";
import { ConfirmedByRepeats } from "./confirmed-by-repeats.ts";
import { isTooDear, offer, type Caps, type Fees } from "./fees.ts";
import type { Journal } from "./journal.ts";
import { OUT_OF_GAS, type L1Account, type Receipt } from "./l1-account.ts";
import type { Nonces, Numbers } from "./nonces.ts";
import { refusalOf } from "./refusals.ts";
import { sentWith, type Sent } from "./sent.ts";
import { OF_THE_SENDER } from "./submission.ts";
import type { DeliveryBlob, ProvenBatch, SubmitOutcome, SubmitState } from "./submission.ts";
import type { Wire } from "./wire.ts";

/** What the deliveries of an account share. */
export interface DeliveryContext {
  readonly account: L1Account;
  readonly chainId: number;
  readonly signer: Pick<Signer, "signTransaction">;
  readonly journal: Journal;
  readonly nonces: Nonces;
  readonly gasRules: GasRules;
  readonly caps: Caps;
  readonly wire: Wire;
  /** Milliseconds after which a transaction that is not mined is replaced by one that offers more. */
  readonly patience: number;
  readonly clock: Clock;
}

/** Looks in a row that must agree before what they say against a batch is believed. */
const LOOKS = 4;
/** Transactions with the same batches that may fail on chain, though the contract had no objection before. */
const MOST_FAILURES = 3;
/** Looks in a row at which a node may refuse a transaction for an unknown reason. */
const MOST_REFUSALS = 5;

/** What goes to L1 in one transaction. */
interface Freight {
  /** In a row. */
  readonly batches: readonly ProvenBatch[];
  /** Where their transfers are, if they are not in calldata. */
  readonly blob: DeliveryBlob | undefined;
}

/** The numbers of batches in a row. */
export const numbersOf = (batches: readonly ProvenBatch[]): Numbers => {
  return { first: batches[0]!.batchNumber, last: batches.at(-1)!.batchNumber };
};

/** Batches in a row, on their way to L1 in one transaction. All that must be remembered beyond a crash is in the journal. */
export class Delivery {
  readonly #context: DeliveryContext;
  readonly #batches: readonly ProvenBatch[];
  readonly #blob: DeliveryBlob | undefined;
  /** How many of them are to be brought: fewer than all once L1 has refused one behind the first. */
  #length: number;
  #calldata: string;
  readonly #onState: (state: SubmitState) => void;
  readonly #signal: AbortSignal | undefined;
  readonly #steady = new ConfirmedByRepeats(LOOKS);
  /** Since when the node has had each transaction, by its hash. */
  readonly #waitsSince = new Map<string, number>();
  /** Transactions that the node wants more for. */
  readonly #underpriced = new Set<string>();
  /** Transactions whose nonces are lost: somebody else's transaction has it, or they lie behind a gap. */
  readonly #lost = new Set<string>();
  /** Transactions that took another's place, with that one. */
  readonly #replaced = new Map<string, string>();
  /** Transactions of which it was told that they failed. */
  readonly #failed = new Set<string>();
  /** Batches that L1 had after blocks in which transactions failed, by their hashes; `undefined` if that is not known. */
  readonly #batchesAt = new Map<string, number | undefined>();
  /** Transactions of the journal, by their hashes. */
  readonly #known = new Map<string, Sent>();
  #refusals = 0;

  /** @param signal that they are given up: a look under way sends nothing new any more, and throws its reason */
  constructor(
    context: DeliveryContext,
    { batches, blob }: Freight,
    onState: (state: SubmitState) => void,
    signal: AbortSignal | undefined,
  ) {
    this.#context = context;
    this.#batches = batches;
    this.#blob = blob;
    this.#length = batches.length;
    this.#calldata = calldataOf(batches, blob?.opening);
    this.#onState = onState;
    this.#signal = signal;
  }

  /** Looks how things stand on L1, and takes the next step. Returns the outcome when there is one. */
  async look(): Promise<SubmitOutcome | undefined> {
    const { account, nonces } = this.#context;
    const { first } = numbersOf(this.#batches);
    this.#steady.next();
    const next = await account.nonce("latest");
    const all = this.#sent();
    const sent = all.map(({ transaction }) => transaction);
    const receipts = await Promise.all(sent.map((transaction) => this.#receiptOf(transaction, next)));
    for (const [i, receipt] of receipts.entries())
      if (receipt?.succeeded === false) this.#fail(sent[i]!.hash!, receipt);
    const success = receipts.findIndex((receipt) => receipt?.succeeded);
    if (success >= 0) return this.#minedBy(all[success]!, receipts[success]!);

    const onL1 = await account.batchNumber();
    if (onL1 >= first) return this.#believed("superseded", { kind: "superseded" });
    const isNext = onL1 === first - 1;
    const ahead = isNext ? -1 : (nonces.of(first - 1) ?? -1);
    // The batch before it is not on its way, or was mined in vain: this one would fail too.
    if (!isNext && ahead < next) return this.#wait({ phase: "queued" });
    const waiting = sent.findLast(({ nonce, hash }) => nonce >= next && nonce > ahead && !this.#lost.has(hash!));
    if (waiting !== undefined) return this.#keepAlive(waiting, next);
    // The batch after these waits until the node has taken a transaction with these.
    nonces.free(numbersOf(this.#batches));

    const isSame = ({ data }: Transaction): boolean => data === this.#calldata;
    const lacking = sent
      .filter(({ gasLimit }, i) => receipts[i] && lackedGas(receipts[i].gasUsed, gasLimit))
      .filter(isSame);
    // With more gas it goes well: to make it anew would help nobody.
    const failed = receipts.filter((receipt, i) => receipt && isSame(sent[i]!) && !lacking.includes(sent[i]!));
    const failures = failed.length < MOST_FAILURES ? 0 : await this.#ownFailures(failed as Receipt[], isNext);
    if (failures >= MOST_FAILURES) {
      const reason = `${failures} transactions failed`;
      return this.#length > 1 ? this.#halve(reason) : { kind: "reverted", reason };
    }
    // A missing receipt does not prove that the nonce went to another transaction.
    const isOpen = sent.some(({ nonce }, i) => nonce < next && receipts[i] === undefined);
    if (isOpen && !this.#steady.found("spent")) return undefined;
    if (!(await account.hasReached(this.#timestamp))) return this.#waitForTime();
    let gasLimit = await this.#gasLimit(lacking);
    if (isNext) {
      const trial = await this.#tried(gasLimit);
      const { objection } = trial;
      if (objection === OUT_OF_GAS) return this.#needsTooMuchGas();
      if (objection !== undefined) {
        if (this.#mayPart(objection)) return this.#steady.found(objection) ? this.#cut(objection) : undefined;
        return this.#believed(objection, { kind: "reverted", reason: objection });
      }
      gasLimit = trial.gasLimit;
    }
    if (lacking.some((transaction) => transaction.gasLimit >= MOST_GAS)) return this.#needsTooMuchGas();
    return this.#sendFirst(next, gasLimit);
  }

  /** A transaction's receipt, unless it is one that the transaction cannot have: a node that is behind or wrong. */
  async #receiptOf({ hash, nonce, gasLimit }: Transaction, next: number): Promise<Receipt | undefined> {
    const receipt = await this.#context.account.receipt(hash!);
    if (receipt === undefined || receipt.gasUsed > gasLimit) return undefined;
    return receipt.succeeded || nonce < next ? receipt : undefined;
  }

  /**
   * How many of these failed for a reason of the batch's own: the batch before it was on L1. A node that does not keep
   * the state of that block does not say; then it is as it is now.
   */
  async #ownFailures(failed: readonly Receipt[], isNext: boolean): Promise<number> {
    const before = this.#batches[0]!.batchNumber - 1;
    for (const { block, blockHash } of failed.filter(({ blockHash }) => !this.#batchesAt.has(blockHash))) {
      const batches = await this.#context.account.batchNumber(block).catch((error: unknown) => {
        if (error instanceof SheafError && error.code === "RPC_REFUSED") return isNext ? before : undefined;
        throw error;
      });
      this.#batchesAt.set(blockHash, batches);
    }
    return failed.filter(({ blockHash }) => this.#batchesAt.get(blockHash) === before).length;
  }

  /** Nothing of the batches goes to L1 for now: the batch after them waits as well. */
  #wait(state: SubmitState): undefined {
    this.#context.nonces.free(numbersOf(this.#batches));
    this.#onState(state);
  }

  /** Whether fewer of the batches may be taken where all are not. In a blob fewer need new proofs. */
  #mayPart(objection: string): boolean {
    return this.#length > 1 && (this.#blob === undefined || !OF_THE_SENDER.includes(objection));
  }

  /**
   * Leaves out those that L1 refuses, and what stands on them: with each it refuses all that are longer, too. How many of a
   * blob's batches it would take cannot be asked before they are proven anew.
   */
  async #cut(objection: string): Promise<SubmitOutcome | undefined> {
    if (this.#blob !== undefined) return this.#halve(objection);
    let [fits, refused] = [1, this.#length];
    while (refused - fits > 1) {
      const length = (fits + refused) >> 1;
      const objection = await this.#context.account.objection(calldataOf(this.#batches.slice(0, length)), MOST_GAS);
      if (objection === undefined) fits = length;
      else refused = length;
    }
    return this.#shorten(fits);
  }

  #halve(reason: string): SubmitOutcome | undefined {
    const most = Math.ceil(this.#length / 2);
    return this.#blob === undefined ? this.#shorten(most) : { kind: "parted", most, reason };
  }

  /** What is left out comes by itself, once the others are on L1. */
  #shorten(length: number): undefined {
    this.#length = length;
    this.#calldata = calldataOf(this.#current);
  }

  /** What is to be brought now. */
  get #current(): readonly ProvenBatch[] {
    return this.#batches.slice(0, this.#length);
  }

  get #timestamp(): number {
    return timestampOf(this.#batches[this.#length - 1]!);
  }

  /** The contract takes nothing from the future, as a batch is that a reorganisation has set L1's time back for. */
  #waitForTime(): undefined {
    return this.#wait({ phase: "early", timestamp: this.#timestamp });
  }

  /** What suffices by L1's rules; after transactions with too little, by the dearest that there are, and twice as much. */
  async #gasLimit(lacking: readonly Transaction[]): Promise<number> {
    const rules = lacking.length === 0 ? await this.#context.gasRules.now() : GLAMSTERDAM;
    const more = lacking.map(({ gasLimit }) => 2 * Number(gasLimit));
    return Math.min(Math.max(enoughGas(this.#current, this.#calldata, rules), ...more), MOST_GAS);
  }

  /** Looks with which limit the contract takes the batches as its next ones: with too little gas it objects to any. */
  async #tried(least: number): Promise<{ readonly gasLimit: number; readonly objection: string | undefined }> {
    const { account } = this.#context;
    const versionedHash = this.#blob?.versionedHash;
    const estimate = (await account.estimate(this.#calldata, versionedHash)) ?? 0n;
    for (let gasLimit = Math.max(least, roomFor(estimate)); ; gasLimit *= 2) {
      gasLimit = Math.min(gasLimit, MOST_GAS);
      const objection = await account.objection(this.#calldata, gasLimit, versionedHash);
      if (objection === undefined || gasLimit === MOST_GAS) return { gasLimit, objection };
    }
  }

  #needsTooMuchGas(): SubmitOutcome | undefined {
    const reason = `it needs more gas than the ${MOST_GAS.toLocaleString("en")} that a transaction may use`;
    if (this.#length > 1) return this.#halve(reason);
    this.#onState({ phase: "refused", reason });
    return undefined;
  }

  /** The transactions that bring the first batch, whatever else they bring, the oldest first. */
  #sent(): readonly Sent[] {
    const { account, chainId, journal } = this.#context;
    return journal
      .ofBatch(this.#batches[0]!.batchNumber)
      .map(({ hash, raw }) => this.#parsed(hash, raw))
      .filter(({ transaction, ours }) => ours > 0 && transaction.to === account.rollup)
      .filter(({ transaction: { from, chainId: id } }) => from === account.address && id === BigInt(chainId));
  }

  /** Once: to find out who signed it takes milliseconds, and a batch that waits for long has many transactions. */
  #parsed(hash: string, raw: string): Sent {
    const known = this.#known.get(hash);
    if (known !== undefined) return known;
    const sent = sentWith(raw, this.#batches);
    this.#known.set(hash, sent);
    return sent;
  }

  #believed(finding: string, outcome: SubmitOutcome): SubmitOutcome | undefined {
    return this.#steady.found(finding) ? outcome : undefined;
  }

  async #sendFirst(next: number, gasLimit: number): Promise<undefined> {
    const { nonces } = this.#context;
    const nonce = await nonces.choose(this.#batches[0]!.batchNumber, next);
    return this.#send(nonce, gasLimit, (await nonces.waitingWith(nonce)).at(-1));
  }

  /** Sends a transaction again that the node has lost; replaces one that has waited too long at the queue's head. */
  async #keepAlive(waiting: Transaction, next: number): Promise<undefined> {
    const { account, nonces, patience, clock } = this.#context;
    const hash = waiting.hash!;
    // Such as what brings a batch that L1 has by now, or would refuse.
    if (waiting.data !== this.#calldata) return this.#replace(waiting);
    // Once: where the cap leaves no room for more, it is sent again as it is, for gas may have become cheaper.
    if (this.#underpriced.delete(hash)) return this.#replace(waiting);
    const isKnown = await account.knows(hash);
    const now = clock.elapsed();
    const since = isKnown ? (this.#waitsSince.get(hash) ?? now) : now;
    this.#waitsSince.set(hash, since);
    // Behind another transaction no fee would help.
    if (isKnown && waiting.nonce === next && now - since >= patience) return this.#replace(waiting);
    // As when a mempool has dropped a transaction of somebody's that was before it, or the nonce was a node's error.
    if ((await nonces.isBehindGap(waiting.nonce)) && this.#steady.found("gap")) return this.#giveUp(waiting);
    if (isKnown) return this.#accepted(waiting);
    return (await account.hasReached(this.#timestamp)) ? this.#broadcast(waiting) : this.#waitForTime();
  }

  /** L1's rules may have changed while it waited. */
  async #replace(waiting: Transaction): Promise<undefined> {
    const gasLimit = Math.max(Number(waiting.gasLimit), await this.#gasLimit([]));
    return this.#send(waiting.nonce, gasLimit, waiting);
  }

  async #send(nonce: number, gasLimit: number, replaced: Transaction | undefined): Promise<undefined> {
    const { account, chainId, signer, journal, caps } = this.#context;
    const [market, dataFee] = await Promise.all([
      this.#blob === undefined ? account.market() : account.blobMarket(),
      account.dataFee(this.#calldata, gasLimit),
    ]);
    const dataFeePerGas = dataFee / BigInt(gasLimit);
    const fees = offer(market, { ...caps, gas: caps.gas - dataFeePerGas }, replaced && feesOf(replaced));
    if (isTooDear(fees)) {
      const more = fees.what === "gas" ? dataFeePerGas : 0n;
      this.#onState({ phase: "expensive", what: fees.what, needed: fees.needed + more, cap: fees.cap + more });
      return undefined;
    }
    const offered = market.isLegacy === true ? { type: 0, gasPrice: fees.maxFeePerGas } : this.#typed(fees);
    const raw = await signer.signTransaction({
      ...{ chainId, nonce, to: account.rollup, data: this.#calldata, gasLimit, ...offered },
    });
    this.#signal?.throwIfAborted();
    const transaction = Transaction.from(raw);
    journal.add({ ...numbersOf(this.#current), nonce, hash: transaction.hash!, raw });
    if (replaced !== undefined) this.#replaced.set(transaction.hash!, replaced.hash!);
    return this.#broadcast(transaction);
  }

  #typed(fees: Fees) {
    if (this.#blob === undefined) return { type: 2, ...fees };
    return { type: 3, ...fees, blobVersionedHashes: [this.#blob.versionedHash] };
  }

  async #broadcast(transaction: Transaction): Promise<undefined> {
    const reason = await this.#context.wire.send(transaction, this.#blob);
    const refusal = reason === undefined ? "known" : refusalOf(reason);
    if (refusal !== "other") this.#refusals = 0;
    if (refusal === "known") return this.#accepted(transaction);
    // The next look finds out who spent it.
    if (refusal === "spent") return undefined;
    if (refusal === "underpriced") return this.#raise(transaction);
    if (refusal === "other" && ++this.#refusals >= MOST_REFUSALS) {
      throw new SheafError("L1_FAILED", `batch ${this.#batches[0]!.batchNumber}: the node refuses it: ${reason}`);
    }
    this.#onState({ phase: "refused", reason: reason! });
  }

  /** Lets the next look offer more, unless the nonce is somebody else's: then a new one is chosen. */
  async #raise(transaction: Transaction): Promise<undefined> {
    const { account, nonces } = this.#context;
    const { hash, nonce } = transaction;
    const isTaken = (await account.nonce("pending")) > nonce && (await nonces.waitingWith(nonce)).length === 0;
    if (isTaken) this.#giveUp(transaction);
    else this.#underpriced.add(hash!);
  }

  /** Lets the next look choose another nonce. */
  #giveUp({ hash }: Transaction): undefined {
    this.#lost.add(hash!);
  }

  #accepted(transaction: Transaction): undefined {
    const { hash, nonce } = transaction;
    this.#context.nonces.take(numbersOf(this.#current), nonce);
    const { maxPriorityFeePerGas: priorityFee, ...fees } = feesOf(transaction);
    const replaced = this.#replaced.get(hash!);
    this.#onState({ phase: "sent", transaction: hash!, ...fees, priorityFee, ...(replaced && { replaced }) });
  }

  #fail(transaction: string, { gasUsed }: Receipt): void {
    if (this.#failed.has(transaction)) return;
    this.#failed.add(transaction);
    this.#onState({ phase: "failed", transaction, gasUsed });
  }

  async #minedBy({ transaction, count, ours }: Sent, receipt: Receipt): Promise<SubmitOutcome> {
    const { block, blockHash, gasUsed, gasPrice, from } = receipt;
    const { account } = this.#context;
    const isInBlob = (transaction.blobVersionedHashes ?? []).length > 0;
    const blobFee = isInBlob ? await account.blobFeePaid(receipt) : 0n;
    const dataFee = blobFee + (await account.dataFeePaid(transaction.data, receipt));
    const upTo = this.#batches[ours - 1]!.batchNumber;
    const where = { transaction: transaction.hash!, block, blockHash };
    return { kind: "mined", upTo, count, ...where, gasUsed, gasPrice, dataFee, from };
  }
}

/** What a transaction offers: one without a tip of its own offers its gas price. */
const feesOf = ({ maxFeePerGas, maxPriorityFeePerGas, maxFeePerBlobGas, gasPrice }: Transaction): Fees => ({
  maxFeePerGas: maxFeePerGas ?? gasPrice!,
  maxPriorityFeePerGas: maxPriorityFeePerGas ?? gasPrice!,
  ...(maxFeePerBlobGas != null && { maxFeePerBlobGas }),
});
