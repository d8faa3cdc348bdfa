import { isCreation, isSigned, type PooledOperation, type PooledSigned, type Reason } from "./operation.ts";
import { Projection } from "./projection.ts";

/** An operation that no batch can take now, and why. It waits, since it may still get what it lacks. */
export interface Held {
  readonly pooled: PooledOperation;
  readonly reason: Reason;
}

/** An operation that lacks nothing but time: its own has not come, or that of one before it in its account's order of nonces. */
export interface Early {
  readonly pooled: PooledSigned;
  /** Seconds of L1's time: no batch of an earlier one takes it. */
  readonly due: number;
  /** Id of the operation with the nonce before its own, if that waits too. */
  readonly behind: string | undefined;
}

const NONE: readonly Early[] = [];

/**
 * The operations that wait, in the order in which they can be done. An operation that cannot be done when its turn comes is
 * held, and gets another turn as soon as its account's nonce or balance has moved. What lacks nothing but time is early.
 */
export class Line {
  readonly #projection: Projection;
  readonly #time: number;
  /** What was signed and is not ready, by account and nonce. */
  readonly #waiting = new Map<number, Map<number, PooledSigned[]>>();
  readonly #ready: PooledOperation[] = [];
  readonly #held = new Map<string, Held>();
  readonly #early = new Map<string, Early>();
  /** Those of an account, in the order of nonces, from its next one on. */
  readonly #earlyOf = new Map<number, Early[]>();
  readonly #signedBy = new Map<number, number>();
  #signed = 0;

  /** @param time of the next batch at the earliest, in seconds */
  constructor(projection: Projection, time: number) {
    this.#projection = projection;
    this.#time = time;
  }

  /** What can be done one after the other. */
  get ready(): readonly PooledOperation[] {
    return this.#ready;
  }

  /** How much of it was signed, in all and by an account. */
  signed(by?: number): number {
    return by === undefined ? this.#signed : (this.#signedBy.get(by) ?? 0);
  }

  /** By id. */
  get held(): ReadonlyMap<string, Held> {
    return this.#held;
  }

  /** By id. */
  get early(): ReadonlyMap<string, Early> {
    return this.#early;
  }

  /** An account's, in the order of nonces. */
  earlyOf(index: number): readonly Early[] {
    return this.#earlyOf.get(index) ?? NONE;
  }

  /** The accounts as they are after what is ready, and with what one of them has signed and is early reserved. */
  reserved(index: number): Projection {
    const after = new Projection(this.#projection);
    for (const { pooled } of this.earlyOf(index)) after.reserve(pooled.accepted);
    return after;
  }

  /** Sets an operation aside that is asked for in vain. */
  hold(pooled: PooledOperation, reason: Reason): void {
    this.#held.set(pooled.id, { pooled, reason });
    if (!isSigned(pooled)) return;
    const { from, nonce } = pooled.accepted.operation;
    const ofAccount = this.#waiting.get(from) ?? new Map<number, PooledSigned[]>();
    this.#waiting.set(from, ofAccount.set(nonce, [...(ofAccount.get(nonce) ?? []), pooled]));
    this.#followEarly(from);
  }

  add(pooled: PooledOperation): void {
    if (isCreation(pooled)) {
      this.#projection.open(pooled.accepted.operation);
      this.#ready.push(pooled);
    } else if (isSigned(pooled)) {
      const reason = this.#objection(pooled);
      if (reason === undefined) this.#take(pooled);
      else this.hold(pooled, reason);
    }
  }

  #take(first: PooledSigned): void {
    const moved = [...this.#apply(first)];
    for (let index = moved.pop(); index !== undefined; index = moved.pop()) {
      const next = this.#next(index);
      if (next === undefined) {
        this.#followEarly(index);
        continue;
      }
      this.#held.delete(next.id);
      moved.push(index, ...this.#apply(next));
    }
  }

  /** Returns the accounts that it moves. */
  #apply(pooled: PooledSigned): readonly number[] {
    const { kind, operation } = pooled.accepted;
    this.#forgetEarly(operation.from);
    this.#projection.apply(pooled.accepted);
    this.#ready.push(pooled);
    this.#signed++;
    this.#signedBy.set(operation.from, this.signed(operation.from) + 1);
    return kind === "transfer" ? [operation.to, operation.from] : [operation.from];
  }

  /** One of an account's operations that wait, which can be done now. */
  #next(index: number): PooledSigned | undefined {
    const nonce = this.#projection.account(index)?.nonce;
    const waiting = (nonce === undefined ? undefined : this.#waiting.get(index)?.get(nonce)) ?? [];
    return waiting.find((pooled) => {
      const reason = this.#objection(pooled);
      if (reason !== undefined && !this.#early.has(pooled.id)) this.#held.set(pooled.id, { pooled, reason });
      return reason === undefined;
    });
  }

  /** Counts those of an account's operations as early, rather than held, that come next but for their time. */
  #followEarly(index: number): void {
    const waiting = this.#waiting.get(index);
    if (waiting === undefined) return;
    const early = this.#earlyOf.get(index) ?? [];
    const after = this.reserved(index);
    let due = early.at(-1)?.due ?? this.#time;
    for (let nonce = after.account(index)?.nonce; nonce !== undefined; nonce++) {
      const next = waiting.get(nonce)?.find((pooled) => this.#isEarly(pooled, after, due));
      if (next === undefined) break;
      due = Math.max(due, next.accepted.operation.validFrom ?? 0);
      const found = { pooled: next, due, behind: early.at(-1)?.pooled.id };
      early.push(found);
      this.#early.set(next.id, found);
      this.#held.delete(next.id);
      after.reserve(next.accepted);
    }
    if (early.length > 0) this.#earlyOf.set(index, early);
  }

  /** Money may still come until it is due. */
  #isEarly({ accepted }: PooledSigned, after: Projection, dueBefore: number): boolean {
    const due = Math.max(dueBefore, accepted.operation.validFrom ?? 0);
    const objection = after.objection(accepted, due);
    return due > this.#time && (objection === undefined || objection.code === "BALANCE_INSUFFICIENT");
  }

  /** The account's nonce moves: what stood on the one before is held until its turn comes. */
  #forgetEarly(index: number): void {
    for (const { pooled } of this.earlyOf(index)) {
      this.#early.delete(pooled.id);
      const { nonce } = pooled.accepted.operation;
      const message = `nonce is ${nonce}; another operation of account ${index} came before it`;
      this.#held.set(pooled.id, { pooled, reason: { code: "NONCE_WRONG", message } });
    }
    this.#earlyOf.delete(index);
  }

  #objection({ accepted }: PooledSigned): Reason | undefined {
    const reason = this.#projection.objection(accepted, this.#time);
    if (reason?.code !== "OPERATION_EXPIRED") return reason;
    const other = this.#projection.objection(accepted, 0);
    return { ...reason, message: [reason.message, ...(other === undefined ? [] : [other.message])].join("; ") };
  }
}
