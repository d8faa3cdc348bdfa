import { isCreation, isSigned, type PooledOperation, type PooledSigned, type Reason } from "./operation.ts";
import type { Projection } from "./projection.ts";

/** An operation that no batch can take now, and why. It waits, since it may still get what it lacks. */
export interface Held {
  readonly pooled: PooledOperation;
  readonly reason: Reason;
}

/**
 * The operations that wait, in the order in which they can be done. An operation that cannot be done when its turn comes is
 * held, and gets another turn as soon as its account's nonce or balance has moved.
 */
export class Line {
  readonly #projection: Projection;
  readonly #time: number;
  /** What was signed and is held, by account and nonce. */
  readonly #waiting = new Map<number, Map<number, PooledSigned[]>>();
  readonly #ready: PooledOperation[] = [];
  readonly #held = new Map<string, Held>();
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

  /** Sets an operation aside that is asked for in vain. */
  hold(pooled: PooledOperation, reason: Reason): void {
    this.#held.set(pooled.id, { pooled, reason });
    if (!isSigned(pooled)) return;
    const { from, nonce } = pooled.accepted.operation;
    const ofAccount = this.#waiting.get(from) ?? new Map<number, PooledSigned[]>();
    this.#waiting.set(from, ofAccount.set(nonce, [...(ofAccount.get(nonce) ?? []), pooled]));
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
      if (next === undefined) continue;
      this.#held.delete(next.id);
      moved.push(index, ...this.#apply(next));
    }
  }

  /** Returns the accounts that it moves. */
  #apply(pooled: PooledSigned): readonly number[] {
    const { kind, operation } = pooled.accepted;
    this.#projection.apply(pooled.accepted);
    this.#ready.push(pooled);
    this.#signed++;
    this.#signedBy.set(operation.from, this.signed(operation.from) + 1);
    return kind === "transfer" ? [operation.to, operation.from] : [operation.from];
  }

  /** One of an account's held operations that can be done now. */
  #next(index: number): PooledSigned | undefined {
    const nonce = this.#projection.account(index)?.nonce;
    const waiting = (nonce === undefined ? undefined : this.#waiting.get(index)?.get(nonce)) ?? [];
    return waiting.find((pooled) => {
      const reason = this.#objection(pooled);
      if (reason !== undefined) this.#held.set(pooled.id, { pooled, reason });
      return reason === undefined;
    });
  }

  #objection({ accepted }: PooledSigned): Reason | undefined {
    const reason = this.#projection.objection(accepted, this.#time);
    if (reason?.code !== "OPERATION_EXPIRED") return reason;
    const other = this.#projection.objection(accepted, 0);
    return { ...reason, message: [reason.message, ...(other === undefined ? [] : [other.message])].join("; ") };
  }
}
