import type { DeparturePolicy } from "../../node/sequencer/departure.ts";
import type { BatchPolicy } from "../../node/sequencer/policy.ts";
import { Chance } from "./chance.ts";
import { stormOf, type Fault } from "./faults.ts";
import type { ClientKind } from "./l1-node.ts";

/** What a rollup and its L1 are like. */
export interface Style {
  /** Milliseconds between blocks. */
  readonly blockTime: number;
  /** Milliseconds of each way to L1's node. */
  readonly latency: readonly [number, number];
  readonly client: ClientKind;
  readonly pollInterval: number;
  /** Milliseconds of a proof, least and most. */
  readonly proofTime: readonly [number, number];
  readonly policy: Pick<BatchPolicy, "maxAge" | "queueDepth" | "maxUnderWay">;
  readonly departure: DeparturePolicy;
}

/** Payments that come at once. */
export interface Burst {
  /** Milliseconds after the beginning of the storm. */
  readonly at: number;
  readonly storm: number;
  readonly payments: number;
  /** Whether they are made of money that has just come in. */
  readonly ofDeposit: boolean;
  /** Seconds that they are valid; drawn by default. */
  readonly validity?: number;
  /** Seconds until some of them are good. */
  readonly late?: number;
  /** Whether everybody takes all out on L1 then. */
  readonly takesOut?: boolean;
}

/** All that happens in a simulation. What is not in it, the seed decides anew each time, and always the same. */
export interface Plan {
  readonly style: Style;
  /** Milliseconds of a storm. */
  readonly storm: number;
  readonly faults: readonly Fault[];
  readonly bursts: readonly Burst[];
}

const [MINUTE, HOUR] = [60_000, 3_600_000];
/** Seconds until what is not good at once is. */
const LATE = [20, 900] as const;

/** Storms, and faults and payments of each. */
const [STORMS, FAULTS, PAYMENTS] = [2, 8, 16];

/** A rollup's chain as L1, near and far; Ethereum; and one with blocks so rare that hours pass cheaply. */
const PACES = [
  { blockTime: 2_000, storm: 8 * MINUTE, latency: [20, 60] },
  { blockTime: 2_000, storm: 8 * MINUTE, latency: [150, 250] },
  { blockTime: 12_000, storm: 40 * MINUTE, latency: [20, 120] },
  { blockTime: 12_000, storm: 40 * MINUTE, latency: [20, 120] },
  { blockTime: 120_000, storm: 8 * HOUR, latency: [20, 120] },
] as const;

export function planOf(seed: string): Plan {
  const chance = new Chance(`${seed}/plan`);
  const { blockTime, storm: lasts, latency } = chance.pick(PACES);
  const client = {
    ...{ takesGaps: chance.happens(0.5), callsInHead: chance.happens(0.6), knowsFinality: chance.happens(0.7) },
  };
  const policy = {
    ...{ maxAge: chance.pick([1, 3]) * blockTime, queueDepth: chance.pick([0, 0, 2]) },
    maxUnderWay: chance.pick([1, 2, 4]),
  };
  // What is drawn here must not change what is drawn after it.
  const departures = chance.stream("departures");
  const departure = {
    ...{ most: departures.pick([1, 2, 3, 8]), longestWait: departures.pick([0, 2, 5]) * blockTime },
    hourPrice: departures.pick([0n, 10n ** 15n, 10n ** 17n]),
  };
  const pollInterval = chance.pick([1, 1, 0.5]) * blockTime;
  const proofTime = chance.pick([[1_000, 3_000] as const, [5_000, 40_000] as const]);
  const storms = Array.from({ length: STORMS }, (_, storm) => {
    const faults = stormOf(chance, storm, FAULTS, lasts);
    return { faults, bursts: burstsOf(chance, storm, faults, lasts) };
  });
  return {
    style: { blockTime, latency, client, pollInterval, proofTime, policy, departure },
    storm: lasts,
    faults: storms.flatMap(({ faults }) => faults),
    bursts: storms.flatMap(({ bursts }) => bursts),
  };
}

const lateIn = (chance: Chance): Pick<Burst, "late"> => (chance.happens(0.25) ? { late: chance.between(...LATE) } : {});

/** Payments come alone and in crowds; many of them just before something goes wrong, for then it matters. */
function burstsOf(chance: Chance, storm: number, faults: readonly Fault[], lasts: number): readonly Burst[] {
  const bursts: Burst[] = [];
  const lateness = chance.stream("late");
  for (let left = PAYMENTS; left > 0;) {
    const payments = Math.min(left, chance.pick([1, 1, 1, 8]));
    left -= payments;
    const before = Math.max(0, chance.pick(faults).at - chance.between(1_000, 90_000));
    const at = chance.happens(0.5) ? before : chance.below(lasts);
    bursts.push({ at, storm, payments, ofDeposit: chance.happens(0.3), ...lateIn(lateness) });
  }
  return bursts;
}
