import type { SheafNode } from "../../node/node.ts";
import type { Submitted } from "../../node/pool/operation.ts";
import type { Owner } from "../../protocol/account.ts";
import { SheafError } from "../../protocol/errors.ts";
import { signTransfer, signWithdrawal, type SignedOperation } from "../../protocol/operations.ts";
import { keyOf } from "../support/protocol/world.ts";
import type { Chance } from "./chance.ts";
import type { Machine } from "./machine.ts";
import type { Timeline } from "./timeline.ts";

export const PAYERS = ["alice", "bob", "carol", "dave", "erin", "frank"] as const;
/** Who pay nothing: others open accounts for them. */
const NEWCOMERS = ["grace", "heidi", "ivan"] as const;
const PEOPLE: readonly string[] = [...PAYERS, ...NEWCOMERS];
const KEYS = new Map(PEOPLE.map((name) => [name, keyOf(name)]));
export const ownerOf = (name: string): Owner => {
  return { pubKeyY: KEYS.get(name)!.publicKey.y, l1Address: BigInt(l1AddressOf(name)) };
};
/** By name, on L1. */
export const l1AddressOf = (name: string): string =>
  `0x${(1 + PEOPLE.indexOf(name)).toString().padStart(2, "1").repeat(20)}`;

/** One signed operation that was handed in for a payment. */
export interface Attempt {
  readonly signed: SignedOperation;
  /** Once the node has acknowledged it. */
  id?: string;
  /** When, in milliseconds. */
  acknowledgedAt?: number;
  /** What the payer was told last. */
  status?: string;
  /** Whether the payer was ever told that it is rejected, and why. */
  rejected?: string;
}

/** What somebody wants to happen once. The amount tells it from every other one. */
export interface Payment {
  readonly from: string;
  /** `undefined` for a withdrawal. */
  readonly to: string | undefined;
  readonly token: number;
  readonly amount: bigint;
  readonly fee: bigint;
  /** Seconds until it is good; `undefined` if it is at once. */
  readonly late: number | undefined;
  /** Whose account its fee opens too, if it is not there. */
  readonly opens: string | undefined;
  readonly attempts: Attempt[];
  /** Whether all is as its payer wants it, for now: a reorganisation can undo it. */
  isSettled: boolean;
}

export interface PayerWeather {
  /** How likely a request to the node, or its answer, is lost. */
  loss: number;
}

/** Milliseconds between two looks at what became of a payment, and until one is tried again. */
const [LOOK, AGAIN] = [30_000, 7_000];
/** Milliseconds until somebody who was told that a payment was rejected makes it again. */
const RECONSIDERED = [10_000, 20 * 60_000] as const;
/** Payments again after a rejection. */
const MOST_ATTEMPTS = 4;
/** Refusals after which a payment is given up that nobody acknowledged. */
const MOST_REFUSALS = 30;
/** How long operations are valid, in blocks, and in seconds at least. What L1 has made impossible waits until then. */
const [VALIDITIES, LEAST_VALIDITY] = [[10, 25, 50, 150], 120] as const;

/** The people who pay: each payment is handed in until it is acknowledged, and made anew if it is rejected. */
export class Payers {
  readonly payments: Payment[] = [];
  weather: PayerWeather = { loss: 0 };
  readonly #machine: Machine;
  readonly #timeline: Timeline;
  /** Unix time in seconds. */
  readonly #now: () => number;
  readonly #chance: Chance;
  /** Seconds. */
  readonly #blockTime: number;

  constructor(machine: Machine, timeline: Timeline, now: () => number, chance: Chance, blockTime: number) {
    this.#blockTime = blockTime;
    this.#machine = machine;
    this.#timeline = timeline;
    this.#now = now;
    this.#chance = chance;
  }

  get isIdle(): boolean {
    return this.payments.every(({ isSettled }) => isSettled);
  }

  /** Somebody wants to pay somebody; if `late` is named, half of them not before so many seconds have passed. */
  pay(from: string = this.#chance.pick(PAYERS), validity?: number, mostLate?: number): void {
    const chance = this.#chance;
    const to = chance.happens(0.15) ? undefined : chance.pick(PAYERS.filter((name) => name !== from));
    const token = chance.happens(0.3) ? 1 : 0;
    const amount = 1_000n + BigInt(this.payments.length);
    const fee = chance.happens(0.3) ? 2n : 0n;
    const wish = to !== undefined && chance.happens(0.15) ? chance.pick(NEWCOMERS) : undefined;
    const late = mostLate !== undefined && chance.happens(0.5) ? mostLate : undefined;
    const opens = late === undefined ? wish : undefined;
    const payment: Payment = { from, to, token, amount, fee, late, opens, attempts: [], isSettled: false };
    this.payments.push(payment);
    const drawn = Math.max(LEAST_VALIDITY, chance.pick(VALIDITIES) * this.#blockTime);
    void this.#settle(payment, validity ?? drawn);
  }

  async #settle(payment: Payment, validity: number): Promise<void> {
    while (payment.attempts.length < MOST_ATTEMPTS) {
      const attempt = await this.#handIn(payment, validity);
      if (attempt === undefined) break;
      if ((await this.#outcome(payment, attempt)) === "verified") break;
      // People take their time.
      await this.#timeline.wait(this.#chance.between(...RECONSIDERED));
    }
    payment.isSettled = true;
  }

  /** Signs and hands in until the node takes it; `undefined` if it never does, such as for want of money. */
  async #handIn(payment: Payment, validity: number): Promise<Attempt | undefined> {
    let signed: SignedOperation | undefined;
    for (let refusals = 0; refusals < MOST_REFUSALS;) {
      signed ??= this.#sign(payment, validity);
      if (signed !== undefined) {
        const attempt = payment.attempts.find((one) => one.signed === signed) ?? { signed };
        if (!payment.attempts.includes(attempt)) payment.attempts.push(attempt);
        const answer = await this.#submit(signed, payment.opens);
        if (answer !== undefined && "id" in answer) {
          Object.assign(attempt, { id: answer.id, acknowledgedAt: this.#timeline.elapsed });
          return attempt;
        }
        if (answer !== undefined) {
          // It was never taken in: nothing is owed for it, and another one may be signed in its place.
          payment.attempts.splice(payment.attempts.indexOf(attempt), 1);
          signed = undefined;
          refusals++;
        }
      } else if (this.#machine.process !== undefined) refusals++;
      await this.#timeline.wait(this.#chance.between(AGAIN / 2, 2 * AGAIN));
    }
    return undefined;
  }

  #sign({ from, to, token, amount, fee, late, attempts }: Payment, validity: number): SignedOperation | undefined {
    const node = this.#machine.process?.node;
    const index = node?.find(ownerOf(from), token);
    const payee = to === undefined ? 0 : node?.find(ownerOf(to), token);
    const account = index === undefined ? undefined : node!.reserved(index);
    if (account === undefined || payee === undefined) return undefined;
    const now = Math.floor(this.#now());
    // Whoever was told that it is rejected wants no further delay.
    const term =
      late === undefined || attempts.length > 0
        ? { validUntil: Math.max(now, account.due ?? 0) + validity }
        : { validFrom: now + late };
    const fields = { from: index!, token, amount, fee, nonce: account.nonce, ...term };
    const { domain } = node!;
    if (to === undefined) return { kind: "withdrawal", operation: signWithdrawal(KEYS.get(from)!, domain, fields) };
    return { kind: "transfer", operation: signTransfer(KEYS.get(from)!, domain, { ...fields, to: payee }) };
  }

  /** The node's answer; `undefined` if none came. */
  async #submit(
    signed: SignedOperation,
    opens: string | undefined,
  ): Promise<{ readonly id: string } | { readonly code: string } | undefined> {
    await this.#timeline.wait(this.#chance.between(5, 200));
    const process = this.#machine.process;
    if (process === undefined || this.#chance.happens(this.weather.loss)) return undefined;
    const patience = this.#timeline.wait(30_000).then(() => undefined);
    const answered = process.life.told(taken(process.node, signed, opens)).then(
      ({ id }) => ({ id }),
      (error: unknown) => (error instanceof SheafError && isFinal(error) ? { code: error.code } : undefined),
    );
    const answer = await Promise.race([answered, patience]);
    return this.#chance.happens(this.weather.loss) ? undefined : answer;
  }

  /** Waits until the node says that it is on L1 for good, or rejected. */
  async #outcome(payment: Payment, attempt: Attempt): Promise<"verified" | "rejected"> {
    for (;;) {
      await this.#timeline.wait(payment.isSettled ? 10 * LOOK : LOOK);
      const node = this.#machine.process?.node;
      if (node === undefined) continue;
      const pooled = node.pool.operations.find(attempt.id!);
      attempt.status = pooled?.status ?? "unknown";
      payment.isSettled = attempt.status === "verified";
      if (pooled?.status === "rejected") {
        attempt.rejected = pooled.reason?.code ?? "";
        return "rejected";
      }
      if (pooled?.status === "verified" && pooled.batch! <= (node.store.batchAt(node.store.final)?.number ?? 0)) {
        return "verified";
      }
    }
  }
}

/** What the node says of the operation, not of itself. */
const isFinal = ({ code }: SheafError): boolean => !["FILE_UNWRITABLE", "STORE_BUSY", "MEMPOOL_FULL"].includes(code);

/** Hands an operation in, the opening that it pays for with it. Whatever became of that, the operation is handed in. */
async function taken(node: SheafNode, signed: SignedOperation, opens: string | undefined): Promise<Submitted> {
  if (opens !== undefined && signed.kind === "transfer") {
    const { operation } = signed;
    await node
      .openAccount(ownerOf(opens), operation.token, { client: "", payment: operation })
      .catch((error: unknown) => {
        if (!(error instanceof SheafError && error.code === "OPENING_UNPAID")) throw error;
      });
  }
  return node.submit(signed);
}
