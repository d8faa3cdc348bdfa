import type { Wrong } from "./faults.ts";
import type { Burst, Plan, Style } from "./plan.ts";

const [SECOND, MINUTE] = [1_000, 60_000];

const STYLE: Style = {
  ...{ blockTime: 12 * SECOND, latency: [20, 120], pollInterval: 12 * SECOND },
  proofTime: [5 * SECOND, 40 * SECOND],
  client: { takesGaps: true, callsInHead: true, knowsFinality: true },
  policy: { maxAge: 12 * SECOND, queueDepth: 0, maxUnderWay: 4 },
  departure: { most: 4, longestWait: 24 * SECOND, hourPrice: 10n ** 15n },
};

/** A plan of one storm, by minutes. */
function plan(
  style: Partial<Style>,
  faults: readonly (readonly [minute: number, wrong: Wrong])[],
  bursts: readonly (readonly [minute: number, payments: number, change?: Partial<Burst>])[],
  storm = 12,
): Plan {
  return {
    style: { ...STYLE, ...style },
    storm: storm * MINUTE,
    faults: faults.map(([minute, wrong]) => ({ at: minute * MINUTE, storm: 0, ...wrong })),
    bursts: bursts.map(([minute, payments, change]) => {
      return { at: minute * MINUTE, storm: 0, payments, ofDeposit: false, ...change };
    }),
  };
}

const fast: Partial<Style> = {
  ...{ blockTime: 2 * SECOND, latency: [20, 60], pollInterval: 2 * SECOND },
  proofTime: [SECOND, 3 * SECOND],
};
const rare: Partial<Style> = { blockTime: 120 * SECOND, pollInterval: 120 * SECOND };

/** Each of these once broke a promise. */
export const SCENARIOS: Readonly<Record<string, Plan>> = {
  "gas that is dear until just before a batch is too old": plan(
    { ...rare, policy: { ...STYLE.policy, maxAge: SECOND } },
    [[3.9, { kind: "dearGas", factor: 200, lasts: 355 * MINUTE }]],
    [[2, 8]],
    400,
  ),
  "two deep reorganisations under many payments": plan(
    { ...fast, policy: { ...STYLE.policy, maxAge: 2 * SECOND } },
    [
      [2.4, { kind: "reorganisation", depth: 30, keeps: 0, squeezed: true }],
      [2.9, { kind: "reorganisation", depth: 34, keeps: 0, squeezed: true }],
    ],
    [
      [2, 16],
      [2.3, 16],
      [2.8, 16],
    ],
    6,
  ),
  "one block with a time in the future": plan(
    {},
    [[5.05, { kind: "falseTime", seconds: 10 ** 6, times: 30 }]],
    [
      [5, 3, { validity: 10 ** 8 }],
      [6, 3, { validity: 10 ** 8 }],
    ],
  ),
  "blocks that come faster than one look": plan({ ...fast, latency: [150, 250] }, [], [[2, 4]], 4),
  "a count of transactions that is one too high": plan(
    { client: { ...STYLE.client, takesGaps: false } },
    [[5, { kind: "lie", method: "eth_getTransactionCount", skip: 0, seed: "one more" }]],
    [
      [4.9, 3],
      [6, 3],
    ],
  ),
  "a clock that is set back while nothing gets on": plan(
    {},
    [
      [4, { kind: "exclusion", lasts: 16 * MINUTE }],
      [6, { kind: "clock", ahead: -7 * 60 * MINUTE }],
    ],
    [[4.2, 3]],
    20,
  ),
  // Looks fail after 0, 300 and 900 s. Were the pause doubled once more, the next one would come too late.
  "a full disk while looks at L1 are rare": plan(
    { ...rare, pollInterval: 150 * SECOND },
    [[40, { kind: "fullDisk", lasts: 18 * MINUTE }]],
    [[2, 3]],
    57.5,
  ),
  "money that is gone when what it pays is due": plan(
    fast,
    [[11, { kind: "reorganisation", depth: 20, keeps: 1, squeezed: false }]],
    [
      [2, 8, { late: 500 }],
      [4, 8, { late: 400 }],
      [6, 0, { takesOut: true }],
    ],
  ),
};
