import { gasScheduleOf, GLAMSTERDAM, type GasSchedule } from "../../l1/gas-schedule.ts";
import { SYSTEM_CLOCK, type Clock } from "../clock.ts";
import { inTime } from "./l1-timeout.ts";
import { amount, ask } from "./rpc-schemas.ts";
import type { Rpc } from "./rpc.ts";

/** Milliseconds after which the node is asked again: after an answer, and after none. */
const FRESH_MS = 5 * 60_000;
const RETRY_MS = 15_000;

/** The gas rules of L1 as they are now, whatever forks come while this runs. */
export class GasRules {
  readonly #rpc: Rpc;
  readonly #clock: Clock;
  #last: GasSchedule = GLAMSTERDAM;
  #asked: Promise<GasSchedule> | undefined;
  #freshUntil = 0;

  constructor(rpc: Rpc, clock: Clock = SYSTEM_CLOCK) {
    this.#rpc = rpc;
    this.#clock = clock;
  }

  /**
   * Never throws: where L1's node does not tell, these are the rules that it told last. Before it has told any, they are
   * the dearer ones, for the operator loses the rest of a charge that is too low.
   */
  now(): Promise<GasSchedule> {
    if (this.#asked === undefined || this.#clock.elapsed() >= this.#freshUntil) {
      this.#freshUntil = this.#clock.elapsed() + FRESH_MS;
      this.#asked = this.#ask();
    }
    return this.#asked;
  }

  async #ask(): Promise<GasSchedule> {
    const estimateGas = (call: unknown): Promise<bigint> => ask(this.#rpc, amount, "eth_estimateGas", call);
    try {
      this.#last = await inTime(gasScheduleOf({ estimateGas }), this.#clock);
    } catch {
      this.#freshUntil = this.#clock.elapsed() + RETRY_MS;
    }
    return this.#last;
  }
}
