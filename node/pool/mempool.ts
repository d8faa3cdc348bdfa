import { sameOwner, type Account, type Owner } from "../../protocol/account.ts";
import { BITS } from "../../protocol/constants.ts";
import { SheafError } from "../../protocol/errors.ts";
import { requireBits, requireField } from "../../protocol/field.ts";
import { messageOf, type SignedOperation } from "../../protocol/operations.ts";
import type { AffinePoint, Signature } from "../../protocol/signature.ts";
import { finish, type Steps } from "../../protocol/steps.ts";
import { requireSignedForm } from "../../protocol/validation.ts";
import { SYSTEM_CLOCK, type Clock } from "../clock.ts";
import { Directory, type AccountSource } from "./directory.ts";
import { DAY, Gifts, type GiftLimits } from "./gifts.ts";
import { GroupCommit } from "./group-commit.ts";
import { Line, type Early, type Held } from "./line.ts";
import {
  creationId,
  isCreation,
  isGift,
  isSigned,
  signedId,
  type Accepted,
  type PooledCreation,
  type PooledOperation,
  type PooledSigned,
  type Reason,
  type Submitted,
} from "./operation.ts";
import type { Pool } from "./pool.ts";
import { Projection } from "./projection.ts";

/** Whether a signature is the key's on a message; a key off the curve or of low order signs nothing. */
export type VerifySignature = (message: bigint, signature: Signature, publicKey: AffinePoint) => Promise<boolean>;

export interface EarlyLimits {
  /** In all and of one account, those that wait behind one included. */
  readonly operations: number;
  readonly perAccount: number;
  /** Seconds of L1's time until they are due, at most. */
  readonly ahead: number;
  /** Seconds of L1's time for which one that never expires is held after it was due, at most. */
  readonly overdue: number;
}

export interface MempoolLimits {
  /** Operations that wait for a batch, in all and of one account. */
  readonly operations: number;
  readonly perAccount: number;
  /** Seconds of L1's time that an operation must be valid for when it is taken in. */
  readonly validity: number;
  /** Operations that are kept until they are due. They have room of their own, for nobody pays for their wait. */
  readonly early: EarlyLimits;
  /** Accounts to be opened for nothing, which have room of their own. */
  readonly gifts: GiftLimits;
}

/** How an account's opening is paid for: by a transfer, as the operator's own need, or not at all, as a client's wish. */
export type Means =
  | { readonly payment: Extract<SignedOperation, { kind: "transfer" }> }
  | { readonly isOwn: true }
  | { readonly client: string };

/** An account that was asked for. */
export interface Opened {
  readonly index: number;
  /** The operation that opens it, if it is not in the state yet. */
  readonly opening?: PooledCreation;
}

/** What waits for a batch, and what may join it. */
export class Mempool {
  readonly #pool: Pool;
  readonly #domain: bigint;
  readonly #verify: VerifySignature;
  readonly #limits: MempoolLimits;
  readonly #commits: GroupCommit;
  readonly #gifts: Gifts;
  readonly #clock: Clock;
  #base: AccountSource;
  #time = 0;
  #pending: PooledOperation[] = [];
  #projection: Projection;
  #line: Line;
  /** Resolves when everything that came before has its place, or none. */
  #before: Promise<unknown> = Promise.resolve();

  constructor(
    pool: Pool,
    domain: bigint,
    base: AccountSource,
    verify: VerifySignature,
    limits: MempoolLimits,
    clock: Clock = SYSTEM_CLOCK,
  ) {
    this.#pool = pool;
    this.#domain = domain;
    this.#verify = verify;
    this.#limits = limits;
    this.#base = base;
    this.#clock = clock;
    this.#projection = new Projection(base);
    this.#line = new Line(this.#projection, this.#time);
    this.#gifts = new Gifts(limits.gifts, pool.operations.giftsSince(clock.now() - DAY));
    this.#commits = new GroupCommit((work) => this.#commit(work));
  }

  /** In the order of arrival. */
  get pending(): readonly PooledOperation[] {
    return this.#pending;
  }

  /** What of it can be done, one after the other. */
  get ready(): readonly PooledOperation[] {
    return this.#line.ready;
  }

  /** What of it no batch can take now, by id. */
  get held(): ReadonlyMap<string, Held> {
    return this.#line.held;
  }

  /** What of it lacks nothing but time, by id. */
  get early(): ReadonlyMap<string, Early> {
    return this.#line.early;
  }

  /**
   * An account as it is after everything that can be done, and after what it signed and is early; `due` is the second from
   * which on what it signs next can be done, if it has signed such a thing.
   */
  reserved(index: number): (Account & { readonly due?: number }) | undefined {
    const account = this.#line.reserved(index).account(index);
    const due = this.#line.earlyOf(index).at(-1)?.due;
    if (account === undefined || due === undefined) return account;
    // What is early may cost more than there is by now.
    return { ...account, balance: account.balance < 0n ? 0n : account.balance, due };
  }

  /** The accounts as they are after everything that can be done. */
  get projection(): Pick<Projection, "account"> {
    return this.#projection;
  }

  /** Seconds: no batch is made before. */
  get time(): number {
    return this.#time;
  }

  /** The last second of L1's time at which something is held that never expires; `undefined` of anything else. */
  heldUntil({ accepted }: PooledOperation): number | undefined {
    if (accepted.kind === "creation" || accepted.operation.validFrom === undefined) return undefined;
    return (accepted.due ?? accepted.operation.validFrom) + this.#limits.early.overdue;
  }

  /** Finds accounts by their owners, those that are to be opened included. */
  directory(): Directory {
    const opened = (pending: readonly PooledOperation[]) =>
      pending.filter(isCreation).map(({ accepted }) => accepted.operation);
    const kept = opened([...this.#line.held.values()].map(({ pooled }) => pooled)).map(({ index }) => index);
    return new Directory(this.#base, opened(this.#line.ready), kept);
  }

  /** Takes nothing in until the function that it returns is called: whoever asks meanwhile waits. */
  hold(): () => void {
    return this.#commits.hold();
  }

  /** Takes up what the file says now, over the state that it meets. */
  reset(base: AccountSource): void {
    finish(this.resetSteps(base));
  }

  /** As `reset`, an operation at a time; until it is done all is as it was before. Nothing may be taken in meanwhile. */
  *resetSteps(base: AccountSource): Steps<void> {
    const known = new Map(this.#pending.map((pooled) => [pooled.sequence, pooled]));
    const pending: PooledOperation[] = [];
    for (const { sequence, id } of this.#pool.operations.pendingIds()) {
      // Operations that waited before are not read a second time.
      pending.push(known.get(sequence) ?? this.#pool.operations.find(id)!);
      yield;
    }
    yield* this.#arrange(pending, base, this.#time);
  }

  /**
   * No batch is made before a time, in seconds. In steps as `resetSteps`: what has expired, and what stands on it, is held.
   */
  *timeSteps(time: number): Steps<void> {
    const [earlier, later] = this.#time < time ? [this.#time, time] : [time, this.#time];
    const isPassed = ({ accepted: { operation } }: PooledSigned): boolean =>
      operation.validFrom === undefined
        ? operation.validUntil >= earlier && operation.validUntil < later
        : operation.validFrom > earlier && operation.validFrom <= later;
    if (this.#pending.filter(isSigned).some(isPassed)) yield* this.#arrange(this.#pending, this.#base, time);
    this.#time = time;
  }

  *#arrange(pending: PooledOperation[], base: AccountSource, time: number): Steps<void> {
    const projection = new Projection(base);
    const line = new Line(projection, time);
    for (const pooled of pending) {
      this.#lineUp(pooled, projection, line);
      yield;
    }
    [this.#base, this.#pending, this.#projection, this.#line] = [base, pending, projection, line];
  }

  /**
   * Takes a signed operation in. It is on the disk when this returns, and comes before all that are handed in later. The
   * same operation again has the same answer, and is marked as known.
   *
   * One that is not due, or comes after such a one in its account's order of nonces, is kept until it is.
   *
   * @param replaces id of the first of the account's operations that are not due: another with its nonce, which is good at
   * once, takes its place if it says so
   * @throws SheafError FIELD_OUT_OF_RANGE, AMOUNT_NOT_REPRESENTABLE, INDEX_RESERVED, SIGNATURE_INVALID, MEMPOOL_FULL,
   * ACCOUNT_BUSY, EARLY_FULL, EARLY_TOO_LONG, and the codes of `Projection.require`
   */
  async submit(signed: SignedOperation, replaces?: string): Promise<Submitted> {
    const message = this.#messageOf(signed);
    const id = signedId(message);
    const admit = (): Submitted => this.#known(id) ?? this.#admit(id, signed, replaces);
    return this.#known(id) ?? this.#inTurn(signed, message, admit, replaces);
  }

  #known(id: string): Submitted | undefined {
    const pooled = this.#pool.operations.find(id);
    return pooled && { ...pooled, isKnown: true };
  }

  /**
   * Has an account opened by one of the next batches, if there is none and none is on its way: then nothing is paid, and
   * the payment's nonce is free.
   *
   * @throws SheafError FIELD_OUT_OF_RANGE, OPENING_UNPAID; the codes of `submit` for the payment
   */
  async openAccount(owner: Owner, token: number, means: Means): Promise<Opened> {
    const { pubKeyY, l1Address } = owner;
    requireField("pubKeyY", pubKeyY);
    requireBits("l1Address", l1Address, BITS.l1Address);
    const known = this.directory().find(owner, token);
    if (known !== undefined) return this.#opened(known);
    const open = (marks: Partial<PooledCreation["accepted"]>): Opened => {
      const index = this.directory().assign(owner, token);
      const accepted = { kind: "creation", operation: { kind: "creation", index, ...owner, token }, ...marks } as const;
      this.#join(this.#pool.operations.add(creationId(index), accepted, this.#clock.now()));
      return this.#opened(index);
    };
    const unlessKnown = (work: () => Opened) => (): Opened => {
      const known = this.directory().find(owner, token);
      return known === undefined ? work() : this.#opened(known);
    };
    if ("payment" in means) {
      const message = this.#messageOf(means.payment);
      const id = signedId(message);
      const admit = unlessKnown(() => {
        if (this.#pool.operations.find(id) !== undefined) {
          throw new SheafError("OPENING_UNPAID", `the payment, ${id}, was handed in for something else`);
        }
        if (this.#dueOf(means.payment) !== undefined) {
          throw new SheafError("OPERATION_EARLY", "a payment for an account's opening must be good at once");
        }
        this.#admit(id, means.payment);
        return open({ payment: id });
      });
      return this.#inTurn(means.payment, message, admit);
    }
    if ("isOwn" in means) return this.#commits.run(unlessKnown(() => open({ isOwn: true })));
    return this.#commits.run(
      unlessKnown(() => {
        const now = this.#clock.now();
        this.#gifts.require(means.client, this.#pending.filter(isGift).length, now);
        const opened = open({});
        this.#gifts.note(means.client, now);
        return opened;
      }),
    );
  }

  #opened(index: number): Opened {
    const opening = this.#pending.filter(isCreation).find(({ accepted }) => accepted.operation.index === index);
    return { index, ...(opening && { opening }) };
  }

  #messageOf(signed: SignedOperation): bigint {
    requireSignedForm(signed);
    return messageOf(this.#domain, signed);
  }

  /**
   * Takes something signed in at its turn, once its signature is checked: everything that came before has its place, or
   * none.
   */
  async #inTurn<T>(signed: SignedOperation, message: bigint, admit: () => T, replaces?: string): Promise<T> {
    this.#requireRoom(signed, replaces);
    const checked = this.#requireSignature(message, signed);
    checked.catch(() => undefined); // told at its turn
    // The next one waits for this one's place in the line, not for the disk.
    const admitted = this.#before.then(() => checked).then(() => ({ written: this.#commits.run(admit) }));
    this.#before = admitted.catch(() => undefined);
    return (await admitted).written;
  }

  async #requireSignature(
    message: bigint,
    { operation: { from, publicKey, signature } }: SignedOperation,
  ): Promise<void> {
    if (await this.#verify(message, signature, publicKey)) return;
    throw new SheafError("SIGNATURE_INVALID", `the signature is not account ${from}'s on this operation`);
  }

  #admit(id: string, signed: SignedOperation, replaces?: string): PooledOperation {
    this.#requireRoom(signed, replaces);
    const due = this.#dueOf(signed, replaces);
    const { from, validFrom } = signed.operation;
    const before = due === undefined ? this.#projection : this.#line.reserved(from);
    before.require(signed, Math.max(due ?? 0, this.#time + (validFrom === undefined ? this.#limits.validity : 0)));
    const payee = signed.kind === "transfer" ? this.#projection.account(signed.operation.to) : undefined;
    const since = due ?? (validFrom === undefined ? undefined : this.#time);
    const accepted: Accepted = {
      ...signed,
      ...(payee !== undefined && { payee: ownerOf(payee) }),
      ...(since !== undefined && { due: since }),
    };
    const pooled = this.#pool.operations.add(id, accepted, this.#clock.now());
    this.#join(pooled);
    return pooled;
  }

  /**
   * From when on an operation can be done, if not at once: when its own time has come, and that of all which its account
   * signed before it and is early. One that is good at once comes in place of the first of these if it says so.
   */
  #dueOf({ operation: { from, validFrom = 0 } }: SignedOperation, replaces?: string): number | undefined {
    const early = this.#line.earlyOf(from);
    const isFirst = early.length === 0 || early[0]!.pooled.id === replaces;
    if (validFrom <= this.#time && isFirst) return undefined;
    return Math.max(validFrom, early.at(-1)?.due ?? 0);
  }

  #join(pooled: PooledOperation): void {
    this.#pending.push(pooled);
    this.#lineUp(pooled);
  }

  #lineUp(pooled: PooledOperation, projection = this.#projection, line = this.#line): void {
    const reason = isCreation(pooled) ? this.#obstacle(pooled, projection) : undefined;
    if (reason === undefined) line.add(pooled);
    else line.hold(pooled, reason);
  }

  /** Why an account cannot be opened. */
  #obstacle({ accepted: { operation, payment } }: PooledCreation, projection: Projection): Reason | undefined {
    const holder = projection.account(operation.index);
    if (holder !== undefined && !(holder.token === operation.token && sameOwner(holder, operation))) {
      return { code: "ACCOUNT_EXISTS", message: `index ${operation.index} holds another account by now` };
    }
    if (payment === undefined || this.#pool.operations.find(payment)?.status !== "rejected") return undefined;
    return { code: "OPENING_UNPAID", message: `its payment, ${payment}, was rejected` };
  }

  /** What is held takes no room: it must not keep others out. */
  #requireRoom(signed: SignedOperation, replaces?: string): void {
    const { operations, perAccount } = this.#limits;
    const { from } = signed.operation;
    const due = this.#dueOf(signed, replaces);
    if (due !== undefined) return this.#requireEarlyRoom(from, due);
    if (this.#line.signed() >= operations) throw new SheafError("MEMPOOL_FULL", `${operations} operations wait`);
    if (this.#line.signed(from) < perAccount) return;
    throw new SheafError("ACCOUNT_BUSY", `${perAccount} operations of account ${from} wait`);
  }

  #requireEarlyRoom(from: number, due: number): void {
    const { operations, perAccount, ahead } = this.#limits.early;
    if (due > this.#time + ahead) {
      const most = `this node keeps operations for ${ahead} seconds at most`;
      throw new SheafError("EARLY_TOO_LONG", `${most}; this one is due at ${due}, and it is ${this.#time} on L1`);
    }
    if (this.#line.early.size >= operations) {
      throw new SheafError("EARLY_FULL", `${operations} operations wait here until they are due`);
    }
    if (this.#line.earlyOf(from).length < perAccount) return;
    throw new SheafError("EARLY_FULL", `${perAccount} operations of account ${from} wait until they are due`);
  }

  #commit(work: () => void): void {
    try {
      this.#pool.transaction(work);
    } catch (error) {
      // Nothing of it is on the disk.
      this.reset(this.#base);
      throw error;
    }
  }
}

const ownerOf = ({ pubKeyY, l1Address }: Owner): Owner => ({ pubKeyY, l1Address });
