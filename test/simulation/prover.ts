import type { BatchProver } from "../../node/proving.ts";
import { SheafError } from "../../protocol/errors.ts";
import { type Batch, signalsOf } from "../../protocol/batch.ts";
import type { TimedProof } from "../../prover/prover.ts";
import { challengeOf, digestOf } from "../../protocol/challenge.ts";
import type { Chance } from "./chance.ts";
import type { Verify } from "./rollup-model.ts";
import type { Life, Timeline } from "./timeline.ts";

export interface ProverWeather {
  /** Milliseconds of a proof, least and most. */
  time: readonly [number, number];
  /** Whether it answers nothing any more. */
  hangs: boolean;
  /** How likely a proof fails, or is one that L1 refuses. */
  failure: number;
  wrongness: number;
}

export const DILIGENT = { hangs: false, failure: 0, wrongness: 0 };

/** Stands in for the prover: what it makes commits to a batch's public signals and proves nothing. */
export class SimulatedProver {
  weather: ProverWeather;
  readonly #timeline: Timeline;
  readonly #chance: Chance;

  /** The highest number of a batch that was proven for each process. */
  readonly #provenUpTo = new WeakMap<Life, number>();

  constructor(timeline: Timeline, chance: Chance, weather: ProverWeather) {
    this.#timeline = timeline;
    this.weather = weather;
    this.#chance = chance;
  }

  of(life: Life): BatchProver {
    return {
      prove: async (batch, { signal } = {}) => {
        const proof = await life.told(this.#prove(batch, signal));
        this.#provenUpTo.set(life, Math.max(this.provenUpTo(life), batch.published.batchNumber));
        return proof;
      },
      close: () => Promise.resolve(),
    };
  }

  provenUpTo(life: Life): number {
    return this.#provenUpTo.get(life) ?? 0;
  }

  async #prove({ publicSignals }: Batch, signal: AbortSignal | undefined): Promise<TimedProof> {
    const { c, alpha } = publicSignals;
    const { time, failure, wrongness } = this.weather;
    await this.#timeline.wait(this.#chance.between(...time));
    while (this.weather.hangs) {
      await this.#timeline.wait(30_000);
      signal?.throwIfAborted();
    }
    signal?.throwIfAborted();
    if (this.#chance.happens(failure)) throw new SheafError("PROOF_INVALID", "the prover failed");
    const shown = this.#chance.happens(wrongness) ? alpha ^ 1n : alpha;
    return {
      proof: {
        pi_a: [`${c}`, `${shown}`, "1"],
        pi_b: [
          ["14", "13"],
          ["16", "15"],
          ["1", "0"],
        ],
        pi_c: ["17", "18", "1"],
        protocol: "groth16",
        curve: "bn128",
      },
      publicSignals: signalsOf(publicSignals),
      timings: { witness: 1, prove: 2, verify: 3 },
    } as TimedProof;
  }
}

/** The verifier that takes such proofs. */
export const verifyCommitment: Verify = (proof, c, beneficiary, words) =>
  proof[0] === c && proof[1] === challengeOf(digestOf(c, beneficiary, words));
