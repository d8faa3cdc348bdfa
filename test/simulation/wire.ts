import { RpcError, type Rpc } from "../../node/l1/rpc.ts";
import { SheafError } from "../../protocol/errors.ts";
import type { Chance } from "./chance.ts";
import { quantity, type L1Node } from "./l1-node.ts";
import { falsified, type Answer } from "./lies.ts";
import type { Life, Timeline } from "./timeline.ts";

/** How the way to L1's node is. */
export interface WireWeather {
  /** Milliseconds of each way, least and most. */
  latency: readonly [number, number];
  /** How likely a request or its answer is lost. */
  loss: number;
  /** How likely an answer takes minutes. */
  lateness: number;
  /** How likely a request arrives twice, the second time much later. */
  doubling: number;
}

/** A false answer that is to come. */
export interface Lie {
  /** The request that it answers; any one without it. */
  readonly method: string | undefined;
  /** Answers that come before it. */
  skip: number;
  readonly seed: string;
}

export const FAIR: WireWeather = { latency: [20, 120], loss: 0, lateness: 0, doubling: 0 };

/** What a client waits for an answer, its retries included. */
const PATIENCE = 120_000;

/** The way from a process to L1's node and back. */
export class Wire {
  weather: WireWeather = FAIR;
  readonly lies: Lie[] = [];
  /** By how much the newest block's time is ahead in some of the next answers. */
  falseTimes: { readonly seconds: number; times: number } | undefined;
  /** Answers that were false, for whoever asks why. */
  readonly told: string[] = [];
  requests = 0;
  readonly #node: L1Node;
  readonly #timeline: Timeline;
  readonly #chance: Chance;

  constructor(node: L1Node, timeline: Timeline, chance: Chance) {
    this.#node = node;
    this.#timeline = timeline;
    this.#chance = chance;
  }

  rpcOf(life: Life): Rpc {
    return (method, params) => life.told(this.#ask(life, method, params));
  }

  async #ask(life: Life, method: string, params: readonly unknown[]): Promise<unknown> {
    const { latency, loss, lateness, doubling } = this.weather;
    const way = (): number => this.#chance.between(...latency);
    this.requests++;
    await this.#timeline.wait(way());
    // What a process sent before it was killed is on its way all the same.
    if (this.#chance.happens(loss)) return this.#lost(method);
    if (this.#chance.happens(doubling)) {
      this.#timeline.after(this.#chance.between(1_000, 3_600_000), () => void this.#arrive(method, params));
    }
    const answer = this.#arrive(method, params);
    if (life.isOver) return undefined;
    if (this.#chance.happens(loss)) return this.#lost(method);
    await this.#timeline.wait(this.#chance.happens(lateness) ? this.#chance.between(1_000, PATIENCE) : way());
    const { result, error } = this.#bent(method, params, answer);
    if (error !== undefined) throw error;
    return result;
  }

  #arrive(method: string, params: readonly unknown[]): Answer {
    try {
      return { result: this.#node.answer(method, params) };
    } catch (error) {
      if (error instanceof RpcError) return { error };
      throw error;
    }
  }

  async #lost(method: string): Promise<never> {
    await this.#timeline.wait(this.#chance.between(1_000, PATIENCE));
    throw new SheafError("NETWORK_UNREACHABLE", `${method}: no answer`);
  }

  /** The answer, or what a lie makes of it. */
  #bent(method: string, params: readonly unknown[], answer: Answer): Answer {
    const ahead = this.falseTimes;
    if (ahead !== undefined && ahead.times > 0 && method === "eth_getBlockByNumber" && answer.result) {
      ahead.times--;
      const block = answer.result as { readonly timestamp: string };
      this.told.push(`${method} ${String(params[0])}: ${ahead.seconds} s ahead`);
      return { result: { ...block, timestamp: quantity(Number(block.timestamp) + ahead.seconds) } };
    }
    const lie = this.lies.find((one) => one.method === undefined || one.method === method);
    if (lie === undefined || lie.skip-- > 0) return answer;
    this.lies.splice(this.lies.indexOf(lie), 1);
    const bent = falsified(method, answer, lie.seed);
    this.told.push(`${method}: ${brief(answer)} -> ${brief(bent)}`);
    return bent;
  }
}

const brief = ({ result, error }: Answer): string =>
  error === undefined ? JSON.stringify(result).slice(0, 300) : `error ${error.code} ${error.message}`;
