import type { Health } from "../../api/schemas.ts";
import { healthOf, operatorCheck, ownChecks, purseCheck, type Check } from "../../node/http/health.ts";
import { throttled } from "../../node/http/throttled.ts";
import { L1 } from "../../node/l1/l1.ts";
import { isSigned } from "../../node/pool/operation.ts";
import { L1Account } from "../../node/submitter/l1-account.ts";
import { Violation } from "./audit.ts";
import type { Chain } from "./chain.ts";
import type { Machine, Process } from "./machine.ts";
import type { SimulatedProver } from "./prover.ts";
import type { Life, MachineClock, Timeline } from "./timeline.ts";
import type { Wire } from "./wire.ts";

const [SECOND, MINUTE] = [1_000, 60_000];
/** Milliseconds between two looks, and from an answer that was not "ok" to the next question. */
const [LOOK, AGAIN] = [MINUTE, 4 * MINUTE];
/** Milliseconds until health knows of what cannot go well, and until it is asked whether something still gets on. */
const [SOON, SUSPICIOUS] = [10 * SECOND, 2 * MINUTE];
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
  readonly life: Life;
  readonly marks: readonly number[];
  readonly since: number;
}

interface Reason {
  readonly what: string;
  readonly isCertain: boolean;
}

/** Asks the node for its health, as its HTTP route gives it, whenever it is known from elsewhere that it cannot be "ok". */
export class Monitor {
  readonly #parts: MonitorParts;
  readonly #checks = new WeakMap<Process, readonly Check[]>();
  #progress: Progress | undefined;
  /** Since when something has waited. */
  #dueSince: number | undefined;
  /** Since when something is so that the node cannot work with. */
  readonly #since = new Map<string, number>();
  /** When health was last not "ok". */
  #toldAt = -Infinity;
  /** What health said though it was not so. */
  lie: string | undefined;
  /** How often it was asked though it could not be "ok". */
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
    if (process === undefined) return;
    const now = timeline.elapsed;
    this.#note(process, now);
    const found = this.#reasons(now);
    if (found.length === 0 || now - this.#toldAt < AGAIN) return;
    void this.#health()?.then(({ status }) => {
      if (status !== "ok") this.#toldAt = now;
      // What has ended meanwhile may be over for the node too.
      const isSo = found.filter(({ what }) => this.#reasons(timeline.elapsed).some((other) => other.what === what));
      this.questions += Math.sign(isSo.length);
      const lie = isSo.find(({ isCertain }) => isCertain && status === "ok");
      if (lie !== undefined) this.lie ??= `health said ok after ${Math.round(now / SECOND)} s, though ${lie.what}`;
    });
  }

  /** Why the node cannot be at work, as far as that is certain, or soon will be. */
  #reasons(now: number): readonly Reason[] {
    const { chain, machine, feeCap, blockTime } = this.#parts;
    const { weather, head } = chain;
    const lasting: readonly (readonly [boolean, string])[] = [
      [machine.isDiskFull, "the disk is full"],
      [weather.isOperatorPoor, "the account has no ether"],
      [head.baseFee > feeCap, "gas costs more than the cap"],
    ];
    for (const [isSo, what] of lasting) {
      if (!isSo) this.#since.delete(what);
      else if (!this.#since.has(what)) this.#since.set(what, now);
    }
    const found = [...this.#since].map(([what, since]) => ({ what, isCertain: now - since >= SOON }));
    const still = Math.max(this.#progress?.since ?? now, this.#dueSince ?? now);
    if (now - still < SUSPICIOUS) return found;
    // Once it has told, it may see for as long again how things get on.
    const isCertain = now - Math.max(still, this.#toldAt) > STILL + STILL_BLOCKS * blockTime;
    return [...found, { what: "nothing gets on", isCertain }];
  }

  /** Notes whether something waits, and when a batch was made, proven or mined that is further than all before it. */
  #note({ node, life }: Process, now: number): void {
    const { chain, prover } = this.#parts;
    const { queue, queueHead, batchNumber } = chain.head.storage;
    const underWay = node.underWay();
    const isDue = queueHead < queue.length || underWay.length > 0 || node.ready.some(isSigned);
    this.#dueSince = isDue ? (this.#dueSince ?? now) : undefined;
    const marks = [batchNumber, underWay.at(-1)?.number ?? 0, prover.provenUpTo(life)];
    const progress = this.#progress?.life === life ? this.#progress : { life, marks: [], since: now };
    const isHigher = marks.some((mark, i) => mark > (progress.marks[i] ?? -1));
    const highest = marks.map((mark, i) => Math.max(mark, progress.marks[i] ?? -1));
    this.#progress = { life, marks: highest, since: isHigher ? now : progress.since };
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
    const newest = throttled(() => l1.requireBlock("latest"), clock);
    const checks = [
      ...ownChecks(node, newest, clock),
      operatorCheck(l1, operator, clock),
      purseCheck(new L1Account(rpc, rollup, operator), feeCap, clock),
    ];
    this.#checks.set(process, checks);
    return checks;
  }
}
