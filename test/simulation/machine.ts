import type { Wallet } from "ethers";
import { L1 } from "../../node/l1/l1.ts";
import type { Rpc } from "../../node/l1/rpc.ts";
import { SheafNode, type NodeOptions } from "../../node/node.ts";
import { marketOf } from "../../node/submitter/market.ts";
import { Submitter } from "../../node/submitter/submitter.ts";
import type { BatchSize } from "../../protocol/constants.ts";
import { Files, Killed, type WritePoint } from "./files.ts";
import type { SimulatedProver } from "./prover.ts";
import { Life, type MachineClock, type Timeline } from "./timeline.ts";
import type { Wire } from "./wire.ts";

export interface MachineParts {
  readonly timeline: Timeline;
  readonly clock: MachineClock;
  readonly wire: Wire;
  readonly prover: SimulatedProver;
  readonly signer: Wallet;
  readonly rollup: string;
  readonly sizes: readonly BatchSize[];
  readonly feeCap: bigint;
  /** Milliseconds between two looks of the submitter. */
  readonly submitInterval: number;
  readonly options: Pick<NodeOptions, "feeOwner" | "policy" | "departure" | "limits" | "pollInterval" | "retryPause">;
}

/** Milliseconds until a process that ended is started again. */
const RESTART = 5_000;

/** What a node's process is, as long as it lives. */
export interface Process {
  readonly life: Life;
  readonly rpc: Rpc;
  readonly node: SheafNode;
}

/** A machine with a node, which a supervisor starts again whenever it ends. */
export class Machine {
  readonly #parts: MachineParts;
  #files = new Files();
  #lives = 0;
  #life = new Life();
  #backup: Files | undefined;
  /** The node, while it runs. */
  process: Process | undefined;
  /** What a node went on after, the last ones. */
  readonly failures: string[] = [];
  starts = 0;
  kills = 0;

  constructor(parts: MachineParts) {
    this.#parts = parts;
    this.#start(this.#life);
  }

  get writes(): number {
    return this.#files.writes;
  }

  get isDiskFull(): boolean {
    return this.#files.isFull;
  }

  set isDiskFull(isFull: boolean) {
    this.#files.isFull = isFull;
  }

  /** Ends the process as it is now, and starts another one on what is on the disk. */
  kill(): void {
    this.kills++;
    const [files, dead] = [this.#files, this.#life];
    dead.isOver = true;
    this.process = undefined;
    this.#files = files.copy();
    this.#files.isFull = files.isFull;
    const next = new Life();
    this.#life = next;
    this.#parts.timeline.after(1, () => files.discard());
    this.#parts.timeline.after(RESTART, () => this.#start(next));
  }

  /** Ends the process in the middle of one of the next writes. */
  killAt(write: number, where: WritePoint): void {
    const files = this.#files;
    const last = files.writes + write;
    files.onWrite = (point) => {
      if (files.writes < last || point !== where || files !== this.#files) return;
      this.kill();
      throw new Killed("killed");
    };
  }

  /** Keeps a copy of what was read from L1, as somebody who backs files up does. */
  backUp(): void {
    this.#backup?.discard();
    this.#backup = this.#files.copy();
  }

  /** Ends the process, and starts it again with an older copy of what was read from L1: such as after a power cut. */
  restoreStore(): void {
    const backup = this.#backup;
    if (backup === undefined) return;
    this.kill();
    this.#files.replace(backup, "rollup.db");
  }

  close(): void {
    this.#life.isOver = true;
    this.#files.discard();
    this.#backup?.discard();
  }

  #start(life: Life): void {
    if (life.isOver) return;
    this.starts++;
    const { wire, timeline } = this.#parts;
    const rpc = wire.rpcOf(life);
    life.told(this.#open(life, rpc)).then(
      (node) => {
        this.process = { life, rpc, node };
        void node.run(new AbortController().signal);
      },
      (error: unknown) => {
        this.#note("start", error);
        timeline.after(RESTART, () => this.#start(life));
      },
    );
  }

  #open(life: Life, rpc: Rpc): Promise<SheafNode> {
    const { clock: machineClock, prover, signer, rollup, sizes, feeCap, submitInterval, options } = this.#parts;
    const clock = machineClock.of(life);
    return SheafNode.open({
      l1: new L1(rpc, rollup),
      data: this.#files.path,
      fromBlock: 1,
      equip: ({ store: { chainId }, journal }) => ({
        sizes,
        prover: prover.of(life),
        pricing: { market: () => marketOf(rpc) },
        submitter: new Submitter({ rpc, chainId, rollup, signer, journal, feeCap, interval: submitInterval, clock }),
      }),
      // The batch's check of each signature remains.
      verify: () => Promise.resolve(true),
      onFailure: (what, error) => this.#note(what, error),
      clock,
      // Another one each time: what is under way must not depend on it.
      beneficiary: BigInt(++this.#lives),
      ...options,
    });
  }

  #note(what: string, error: unknown): void {
    if (error instanceof Killed) return;
    const seconds = Math.round(this.#parts.timeline.elapsed / 1000);
    this.failures.push(`${seconds} s, ${what}: ${String(error).slice(0, 300)}`);
    if (this.failures.length > 40) this.failures.shift();
  }
}
