import type { Chance } from "./chance.ts";
import { WRITE_POINTS, type WritePoint } from "./files.ts";
import { METHODS } from "./lies.ts";

interface Window {
  /** Milliseconds. */
  readonly lasts: number;
}

/** Everything that goes wrong. Each is data, so that a schedule can be printed, shortened and played again. */
export type Wrong =
  /**
   * Blocks that L1 leaves, the share of their transactions that waits again at once (others come back much later), and
   * whether the new ones lie close together in time: then L1's time stays behind, until the storm is over.
   */
  | { readonly kind: "reorganisation"; readonly depth: number; readonly keeps: number; readonly squeezed: boolean }
  /** One false answer: to the next request with a method after so many, or to any. */
  | { readonly kind: "lie"; readonly method?: string | undefined; readonly skip: number; readonly seed: string }
  /** Some of the next answers about the newest block give it a time that is so many seconds ahead. */
  | { readonly kind: "falseTime"; readonly seconds: number; readonly times: number }
  | ({ readonly kind: "loss"; readonly share: number } & Window)
  | ({ readonly kind: "slowness"; readonly latency: readonly [number, number] } & Window)
  | ({ readonly kind: "lateness"; readonly share: number } & Window)
  | ({ readonly kind: "doubling"; readonly share: number } & Window)
  | { readonly kind: "kill" }
  | { readonly kind: "killAtWrite"; readonly write: number; readonly where: WritePoint }
  /** The process ends, and finds an older copy of what it had read from L1. */
  | { readonly kind: "olderStore" }
  | ({ readonly kind: "fullDisk" } & Window)
  /** The machine's clock is set. */
  | { readonly kind: "clock"; readonly ahead: number }
  | ({ readonly kind: "dearGas"; readonly factor: number } & Window)
  /** No transaction comes into a block. */
  | ({ readonly kind: "exclusion" } & Window)
  /** L1's node forgets what waits. */
  | { readonly kind: "forgottenMempool" }
  | ({ readonly kind: "poverty" } & Window)
  | ({ readonly kind: "hungProver" } & Window)
  | ({ readonly kind: "failingProver"; readonly failure: number; readonly wrongness: number } & Window)
  | ({ readonly kind: "payersLoss"; readonly share: number } & Window);

export type Fault = Wrong & {
  /** Milliseconds after the beginning of its storm. */
  readonly at: number;
  /** Which storm. */
  readonly storm: number;
};

const [MINUTE, HOUR] = [60_000, 3_600_000];

/** Deepest reorganisation: what is final stays. */
const MOST_DEPTH = 40;

/** The faults of a storm. */
export function stormOf(chance: Chance, storm: number, count: number, lasts: number): readonly Fault[] {
  // As in swarm testing: a storm with few kinds of faults goes deeper into each than one with all.
  const kinds = KINDS.filter(() => chance.happens(0.5));
  const wrong = kinds.length === 0 ? KINDS : kinds;
  return Array.from({ length: count }, () => ({ at: chance.below(lasts), storm, ...chance.pick(wrong)(chance) })).sort(
    (a, b) => a.at - b.at,
  );
}

const lasts = (chance: Chance): number =>
  chance.pick([
    chance.between(30_000, 5 * MINUTE),
    chance.between(5 * MINUTE, HOUR),
    chance.between(HOUR, 7 * HOUR),
    // About as long as a batch may be old when it is mined.
    chance.between(340 * MINUTE, 362 * MINUTE),
  ]);

const KINDS: readonly ((chance: Chance) => Wrong)[] = [
  reorganisation,
  reorganisation,
  (chance) => ({
    kind: "lie",
    method: chance.happens(0.8) ? chance.pick(METHODS) : undefined,
    skip: chance.below(8),
    seed: `${chance.next()}`,
  }),
  (chance) => ({
    kind: "falseTime",
    seconds: chance.pick([1_200, 40_000, 10 ** 6, 10 ** 9]),
    times: chance.between(1, 3),
  }),
  (chance) => ({ kind: "loss", share: chance.pick([0.05, 0.3, 1]), lasts: lasts(chance) }),
  (chance) => ({
    kind: "slowness",
    latency: chance.pick([[200, 600] as const, [1_000, 8_000] as const]),
    lasts: lasts(chance),
  }),
  (chance) => ({ kind: "lateness", share: chance.pick([0.02, 0.2]), lasts: lasts(chance) }),
  (chance) => ({ kind: "doubling", share: chance.pick([0.02, 0.3]), lasts: lasts(chance) }),
  () => ({ kind: "kill" }),
  (chance) => ({ kind: "killAtWrite", write: chance.between(1, 40), where: chance.pick(WRITE_POINTS) }),
  () => ({ kind: "olderStore" }),
  (chance) => ({ kind: "fullDisk", lasts: lasts(chance) }),
  (chance) => ({ kind: "clock", ahead: chance.pick([-7 * HOUR, -90_000, 90_000, HOUR, 30 * HOUR]) }),
  (chance) => ({ kind: "dearGas", factor: chance.pick([2, 20, 200]), lasts: lasts(chance) }),
  (chance) => ({ kind: "exclusion", lasts: lasts(chance) }),
  () => ({ kind: "forgottenMempool" }),
  (chance) => ({ kind: "poverty", lasts: lasts(chance) }),
  (chance) => ({ kind: "hungProver", lasts: lasts(chance) }),
  (chance) => ({ kind: "failingProver", failure: chance.next(), wrongness: chance.next() / 2, lasts: lasts(chance) }),
  (chance) => ({ kind: "payersLoss", share: chance.pick([0.1, 0.5]), lasts: lasts(chance) }),
];

function reorganisation(chance: Chance): Wrong {
  const depth = chance.pick([chance.between(1, 3), chance.between(1, 12), chance.between(1, MOST_DEPTH)]);
  return { kind: "reorganisation", depth, keeps: chance.pick([1, 1, 0.7, 0]), squeezed: chance.happens(0.4) };
}
