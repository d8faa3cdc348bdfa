import type { Health } from "../../api/schemas.ts";
import { healthOf, operatorCheck, ownChecks, purseCheck, type Check } from "../../node/http/health.ts";
import { lately } from "../../node/http/lately.ts";
import { L1 } from "../../node/l1.ts";
import { L1Account } from "../../node/submitter/l1-account.ts";
import { Violation } from "./audit.ts";
import type { Chain } from "./chain.ts";
import type { SimulatedProver } from "./prover.ts";
import type { Machine, Process } from "./machine.ts";
import { isSigned } from "../../node/pool/operation.ts";
import type { MachineClock, Timeline } from "./timeline.ts";
import type { Wire } from "./wire.ts";

const [SECOND, MINUTE] = [1_000, 60_000];
/** Milliseconds between two looks, and between two questions about one misery. */
const [LOOK, AGAIN] = [MINUTE, 10 * MINUTE];
/** Milliseconds of what cannot go well until health knows. */
const SOON = 10 * SECOND;
/** Milliseconds, and blocks more, within which health tells that nothing gets on, and that all is well again. */
const [STILL, STILL_BLOCKS] = [5 * MINUTE, 8];
const [WELL, WELL_BLOCKS] = [5 * MINUTE, 5];

export interface MonitorParts {
  readonly timeline: Timeline;
  readonly clock: MachineClock;
  readonly machine: Machine;
  readonly chain: Chain;
  readonly prover: SimulatedProver;
  /** To L1's node; what is told on it is true. */
  readonly wire: Wire;
  readonly rollup: string;
  readonly operator: string;
  readonly feeCap: bigint;
  /** Milliseconds. */
  readonly blockTime: number;
}

/** How far a process has come: the highest numbers, and since when nothing was higher. */
interface Progress {
  readonly process: Process;
  marks: readonly number[];
  since: number;
}

/** Asks the node for its health, as its HTTP route gives it, whenever it is known from elsewhere that it cannot be "ok". */
export class Monitor {
  readonly #parts: MonitorParts;
  readonly #checks = new WeakMap<Process, readonly Check[]>();
  #progress: Progress | undefined;
  /** Since when something has waited. */
  #dueSince: number | undefined;
  /** What was so at the last look, and since when. */
  readonly #misery = new Map<string, { readonly since: number; askedAt: number }>();
  /** What health said though it was not so. */
  lie: string | undefined;
  /** Questions whose answer was known before. */
  questions = 0;

  constructor(parts: MonitorParts) {
    this.#parts = parts;
    this.#watch();
  }

  /** Lets time pass until health says that all is well. Throws `Violation` if it does not in time. */
  async requireWell(): Promise<void> {
    const { timeline, blockTime } = this.#parts;
    let last: Health | undefined;
    const isWell = (): boolean => last?.status === "ok";
    const ask = (): void => {
      if (isWell()) return;
      void this.#health()?.then((health) => (last = health));
      timeline.after(LOOK, ask);
    };
    ask();
    await timeline.run(timeline.elapsed + WELL + WELL_BLOCKS * blockTime, isWell);
    if (!isWell()) throw new Violation(`health is not ok, though all is done: ${JSON.stringify(last)}`);
  }

  #watch(): void {
    this.#look();
    this.#parts.timeline.after(LOOK, () => this.#watch());
  }

  #look(): void {
    const { timeline, machine } = this.#parts;
    const { process } = machine;
    const now = timeline.elapsed;
    const found = process === undefined ? [] : this.#miseries(process);
    for (const known of this.#misery.keys()) if (!found.includes(known)) this.#misery.delete(known);
    for (const what of found) {
      const misery = this.#misery.get(what) ?? { since: now, askedAt: -Infinity };
      this.#misery.set(what, misery);
      if (now - misery.since < SOON || now - misery.askedAt < AGAIN) continue;
      misery.askedAt = now;
      void this.#health()?.then((health) => {
        // What has ended meanwhile may be over for the node too.
        if (machine.process !== process || !this.#miseries(process!).includes(what)) return;
        this.questions++;
        const minutes = Math.round((now - misery.since) / MINUTE);
        if (health.status === "ok") this.lie ??= `health says ok, though ${what}, found ${minutes} min ago`;
      });
    }
  }

  /** Why a process cannot be at work, as far as that is certain. */
  #miseries(process: Process): readonly string[] {
    const { timeline, chain, machine, feeCap, blockTime } = this.#parts;
    const { weather } = chain;
    const still = timeline.elapsed - Math.max(this.#stillSince(process), this.#dueSince ?? Infinity);
    return [
      ...(machine.isDiskFull ? ["the disk is full"] : []),
      ...(weather.isOperatorPoor ? ["the account has no ether"] : []),
      ...(weather.baseFee > feeCap ? ["gas costs more than the cap"] : []),
      ...(still > STILL + STILL_BLOCKS * blockTime ? ["nothing gets on"] : []),
    ];
  }

  /** Since when no batch has been made, proven or mined that was the first of its number in the life of a process. */
  #stillSince(process: Process): number {
    const { timeline, chain, prover } = this.#parts;
    const { node } = process;
    const { queue, queueHead, batchNumber } = chain.head.storage;
    const underWay = node.underWay();
    const isDue = queueHead < queue.length || underWay.length > 0 || node.ready.some(isSigned);
    this.#dueSince = isDue ? (this.#dueSince ?? timeline.elapsed) : undefined;
    const marks = [batchNumber, underWay.at(-1)?.number ?? 0, prover.provenUpTo(process.life)];
    if (this.#progress?.process !== process) this.#progress = { process, marks: [], since: 0 };
    const progress = this.#progress;
    if (marks.some((mark, i) => mark > (progress.marks[i] ?? -1))) progress.since = timeline.elapsed;
    progress.marks = marks.map((mark, i) => Math.max(mark, progress.marks[i] ?? -1));
    return progress.since;
  }

  /** The answer, if a process is there that can give one. */
  #health(): Promise<Health> | undefined {
    const { process } = this.#parts.machine;
    return process && process.life.told(healthOf(this.#checksOf(process), process.node));
  }

  #checksOf(process: Process): readonly Check[] {
    const known = this.#checks.get(process);
    if (known !== undefined) return known;
    const { wire, clock: machineClock, rollup, operator, feeCap } = this.#parts;
    const { life, node } = process;
    const [rpc, clock] = [wire.rpcOf(life), machineClock.of(life)];
    const l1 = new L1(rpc, rollup);
    const newest = lately(() => l1.requireBlock("latest"), clock);
    const checks = [
      ...ownChecks(node, newest, clock),
      operatorCheck(l1, operator, clock),
      purseCheck(new L1Account(rpc, rollup, operator), feeCap, clock),
    ];
    this.#checks.set(process, checks);
    return checks;
  }
}
