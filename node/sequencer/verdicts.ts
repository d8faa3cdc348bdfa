import { sameOwner } from "../../protocol/account.ts";
import { TIMESTAMP_WINDOW } from "../../protocol/constants.ts";
import type { ErrorCode } from "../../protocol/errors.ts";
import { inSlices } from "../../protocol/slices.ts";
import type { Steps } from "../../protocol/steps.ts";
import type { Clock } from "../clock.ts";
import type { L1 } from "../l1/l1.ts";
import type { Carrier } from "../pool/carriers.ts";
import type { Held } from "../pool/line.ts";
import type { Mempool } from "../pool/mempool.ts";
import {
  isSigned,
  type PooledCreation,
  type PooledOperation,
  type PooledSigned,
  type Reason,
} from "../pool/operation.ts";
import type { Pool } from "../pool/pool.ts";
import { Projection } from "../pool/projection.ts";
import type { Store } from "../store/store.ts";
import { RememberedState } from "./remembered-state.ts";

export interface VerdictParts {
  readonly store: Store;
  readonly pool: Pool;
  readonly mempool: Mempool;
  readonly l1: L1;
  readonly clock: Clock;
}

/** An operation is rejected once so many looks in a row have found it impossible, … */
const LOOKS = 4;
/** … and a further block has come, or so many milliseconds have passed on a chain that makes none: one block may lie. */
const WITHOUT_BLOCKS = 60_000;
/** Operations that are held at most: whoever has more of them held has the oldest rejected. */
const MOST_HELD = 5_000;

/** The part of L1's final state that never changes again: keys, owners and tokens of accounts. */
const FOR_GOOD: readonly ErrorCode[] = ["SIGNATURE_INVALID", "TOKEN_WRONG", "ACCOUNT_MISMATCH", "NONCE_EXHAUSTED"];

/** What L1 calls final: no reorganisation takes it back. */
interface Final {
  readonly number: number;
  readonly root: bigint;
  readonly state: RememberedState;
}

/**
 * Says which operations are rejected: those that nothing can bring about any more. No batch is made with them, by L1's
 * final state or by their own time, and no transaction that holds one can be mined. Until then they are held.
 */
export class Verdicts {
  readonly #parts: VerdictParts;
  /** What was found impossible at the last looks. */
  #found: ReadonlyMap<string, { readonly looks: number; readonly block: number; readonly at: number }> = new Map();
  /** L1's newest block when an account that an operation needs was first found to be nowhere, by the operation's id. */
  #homeless: ReadonlyMap<string, number> = new Map();

  #final: Final | undefined;

  constructor(parts: VerdictParts) {
    this.#parts = parts;
  }

  /** @param block L1's newest one, at this look */
  async look(block: number): Promise<ReadonlyMap<string, Reason>> {
    const { mempool, clock } = this.#parts;
    const impossible = mempool.held.size === 0 ? new Map<string, Reason>() : await this.#impossible(block);
    const before = this.#found;
    this.#found = new Map(
      [...impossible.keys()].map((id) => {
        const { looks, ...first } = before.get(id) ?? { looks: 0, block, at: clock.elapsed() };
        return [id, { looks: looks + 1, ...first }];
      }),
    );
    const isSure = (id: string): boolean => {
      const { looks, block: first, at } = this.#found.get(id)!;
      return looks >= LOOKS && (block > first || clock.elapsed() - at >= WITHOUT_BLOCKS);
    };
    return new Map([...impossible].filter(([id]) => isSure(id)));
  }

  async #impossible(block: number): Promise<ReadonlyMap<string, Reason>> {
    const { store, pool, mempool, clock } = this.#parts;
    const final = finalOf(store, this.#final);
    this.#final = final;
    const found = await inSlices(this.#judge([...mempool.held.values()], final, block), clock);
    const sent = [...found.keys()].filter((id) => pool.carriers.of(id).length > 0);
    if (sent.length === 0) return found;
    const time = await this.#finalTime();
    for (const id of sent)
      if (pool.carriers.of(id).some((carrier) => canBeMined(carrier, final, time))) found.delete(id);
    return found;
  }

  /** Why nothing brings them about, as far as the final state and their own time say so. */
  *#judge(held: readonly Held[], final: Final, block: number): Steps<Map<string, Reason>> {
    const { store } = this.#parts;
    const surplus = new Set(held.slice(0, Math.max(0, held.length - MOST_HELD)).map(({ pooled }) => pooled.id));
    const found = new Map<string, Reason>();
    const known = this.#homeless;
    const homeless = held.filter(({ reason }) => reason.code === "ACCOUNT_NOT_FOUND").map(({ pooled }) => pooled.id);
    this.#homeless = new Map(homeless.map((id) => [id, known.get(id) ?? block]));
    for (const { pooled, reason } of held) {
      yield;
      const why = isSigned(pooled)
        ? (whyNever(pooled, reason, final, store) ??
          this.#whyHomeless(pooled.id, reason) ??
          this.#whyOverdue(pooled, reason))
        : whyUnopened(pooled as PooledCreation, reason, final);
      if (why !== undefined) found.set(pooled.id, why);
      else if (surplus.has(pooled.id)) found.set(pooled.id, tooMany(pooled, reason));
    }
    return found;
  }

  /**
   * A reorganisation took the account back with the block that opened it. The operation that opened it may come again:
   * until the block after which it was missed is final, that is. Later, it is opened for whoever then comes first.
   */
  #whyHomeless(id: string, { code, message }: Reason): Reason | undefined {
    const since = this.#homeless.get(id);
    if (since === undefined || this.#parts.store.final < since) return undefined;
    return { code, message: `${message}, nor was one in any block up to ${since}, which is final` };
  }

  /** What never expires would wait for ever for what it lacks, and surprise its payer when it comes. */
  #whyOverdue(pooled: PooledSigned, { code, message }: Reason): Reason | undefined {
    const { mempool } = this.#parts;
    const last = mempool.heldUntil(pooled);
    if (last === undefined || mempool.time <= last) return undefined;
    const lacks = `what it lacks has not come by ${last} (${code}: ${message})`;
    return { code: "OPERATION_OVERDUE", message: `${lacks}${untilUsed(pooled)}` };
  }

  /** Of L1's final block, in seconds; 0 where there is none yet. */
  async #finalTime(): Promise<number> {
    const { store, l1 } = this.#parts;
    return store.final < 0 ? 0 : (await l1.requireBlock(store.final)).timestamp;
  }
}

/** @param before what was final at the last look: what was read of it is still so */
function finalOf(store: Store, before: Final | undefined): Final {
  const number = store.batchAt(store.final)?.number ?? 0;
  const root = store.state(number).root;
  if (before?.number === number && before.root === root) return before;
  return { number, root, state: new RememberedState(store.stored(number)) };
}

/** Why no batch takes a signed operation any more, whatever comes. */
function whyNever(
  { accepted }: PooledSigned,
  reason: Reason,
  { number, state }: Final,
  store: Store,
): Reason | undefined {
  if (reason.code === "OPERATION_EXPIRED") return reason;
  const { from, nonce } = accepted.operation;
  if ((state.account(from)?.nonce ?? 0) > nonce) {
    const batch = store.history.signed(from, nonce)?.batch ?? number;
    return {
      code: "NONCE_WRONG",
      message: `batch ${batch} on L1 has another operation of account ${from} with nonce ${nonce}`,
    };
  }
  const objection = new Projection(state).objection(accepted, 0);
  return objection !== undefined && FOR_GOOD.includes(objection.code) ? objection : undefined;
}

/** Why an account is not opened any more. */
function whyUnopened({ accepted }: PooledCreation, reason: Reason, { state }: Final): Reason | undefined {
  if (reason.code === "OPENING_UNPAID") return reason;
  const { index, token, ...owner } = accepted.operation;
  const holder = state.account(index);
  return holder !== undefined && !(holder.token === token && sameOwner(holder, owner)) ? reason : undefined;
}

const tooMany = (pooled: PooledOperation, { code, message }: Reason): Reason => ({
  code: "MEMPOOL_FULL",
  message: `more than ${MOST_HELD} operations are held, of which this is the oldest (${code}: ${message})${untilUsed(pooled)}`,
});

/** A rejection binds this node alone: of a signature that never expires, whoever pays must know what ends it. */
function untilUsed(pooled: PooledOperation): string {
  if (!isSigned(pooled) || pooled.accepted.operation.validFrom === undefined) return "";
  const { from, nonce } = pooled.accepted.operation;
  return `; its signature stays good until another operation of account ${from} with nonce ${nonce} is on L1`;
}

/**
 * Whether L1 may still take a batch that was sent, by what `submitBatch` demands: the next number, the root that L1 has,
 * and a timestamp of at most six hours before the block's. Final state can only move on; all else a reorganisation can
 * change.
 *
 * @param time of L1's final block
 */
function canBeMined({ number, oldRoot, timestamp }: Carrier, final: Final, time: number): boolean {
  if (number <= final.number) return false;
  if (number === final.number + 1 && oldRoot !== undefined && oldRoot !== final.root) return false;
  return time <= timestamp + TIMESTAMP_WINDOW;
}

/** Until when a batch that was sent may be mined: seconds of L1's time. */
export const minedUntil = ({ timestamp }: Carrier): number => timestamp + TIMESTAMP_WINDOW;
