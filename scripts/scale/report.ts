import type { Cells } from "../../bench/report.ts";
import { GLAMSTERDAM, OSAKA, type GasSchedule } from "../../l1/gas-schedule.ts";
import type { FleetRun } from "./fleet.ts";
import { blobCeiling, ceilingOf, LIMITS, proofsPerSecond, type Conditions, type Need } from "./model.ts";
import type { Published, SimulatedRun, StageTerms } from "./terms.ts";

const number = (value: number): string => value.toLocaleString("en", { maximumSignificantDigits: 3 });
const percent = (part: number): string => `${number(100 * part)} %`;

/** What a transfer costs in each stage, a row a size. */
export function terms(sizes: readonly { readonly published: Published; readonly stages: StageTerms }[]): Cells {
  return {
    header: [
      ...[
        "size",
        "admission",
        "state machine",
        "request",
        "witness",
        "proof",
        "verification",
        "all, ms of a core a transfer",
      ],
      ...["gas a transfer", "bytes a transfer"],
    ],
    rows: sizes.map(({ published: { size, gas, words }, stages }) => {
      const { admissionMs, batchMs, intakeMs, witnessMs, proofMs, verificationMs } = stages;
      const ofBatch = [batchMs, intakeMs, witnessMs, proofMs, verificationMs].map((ms) => ms / size.transfers);
      const all = [admissionMs, ...ofBatch];
      const sum = all.reduce((total, ms) => total + ms, 0);
      return [size.name, ...[...all, sum, gas / size.transfers, words.length / size.transfers].map(number)];
    }),
  };
}

/** What numbers of transfers a second need. */
export function needs(rows: readonly Need[], cores: number): Cells {
  return {
    header: [
      ...["transfers/s", "batches/s", "admission, cores", "proofs, cores", `machines of ${cores}`, "gas/s", "bytes/s"],
      ...LIMITS.map((limit) => `of ${limit}`),
      "binds first",
    ],
    rows: rows.map((need) => [
      ...[need.transfersPerSecond, need.batchesPerSecond, need.admissionCores, need.proverCores].map(number),
      ...[need.machines, need.gasPerSecond, need.bytesPerSecond].map(number),
      ...LIMITS.map((limit) => percent(need.loads[limit])),
      need.binds,
    ]),
  };
}

/** How far each limit reaches, and L1's by the rules of each fork. */
export function ceilings(conditions: Conditions): readonly string[] {
  const whole = (value: number): string => Math.floor(value).toLocaleString("en");
  const line = (name: string, most: number): string => `- ${name}: ${whole(most)} transfers a second at most.`;
  const by = (schedule: GasSchedule): Conditions => ({ ...conditions, l1: { ...conditions.l1, schedule } });
  return [
    line("L1 gas, by Osaka's rules", ceilingOf("L1 gas", by(OSAKA))),
    line("L1 gas, by Glamsterdam's rules", ceilingOf("L1 gas", by(GLAMSTERDAM))),
    ...LIMITS.filter((limit) => limit !== "L1 gas").map((limit) => line(limit, ceilingOf(limit, conditions))),
    `- Blobs would hold the words of ${whole(blobCeiling(conditions))} transfers a second; the contract takes calldata.`,
  ];
}

/** Measured runs beside what the model says of them. */
export function fleetRuns(runs: readonly FleetRun[], stagesOf: (size: string) => StageTerms): Cells {
  const [first] = runs;
  return {
    header: [
      ...["size", "workers", "proofs", "proofs/s", "of one worker's", "others' cores", "model: proofs/s"],
      ...["processor s a proof", "model: processor s"],
    ],
    rows: runs.map((run) => {
      const { witnessMs, proofMs, verificationMs } = stagesOf(run.size);
      const free = Math.max(0, run.cores - run.othersCores);
      return [
        run.size,
        ...[run.workers, run.proofs, run.proofsPerSecond, run.proofsPerSecond / first!.proofsPerSecond].map(number),
        ...[run.othersCores, proofsPerSecond(stagesOf(run.size), run.workers, free)].map(number),
        ...[run.cpuMsPerProof / 1000, (witnessMs + proofMs + verificationMs) / 1000].map(number),
      ];
    }),
  };
}

/** Fleets of stubs on the real service beside what the model says of them. */
export function simulatedRuns(runs: readonly SimulatedRun[]): Cells {
  return {
    header: [
      ...["size", "workers", "jobs", "a proof, ms", "proofs/s", "model: proofs/s", "reached"],
      ...["overhead a job, ms", "coordinator a job, ms"],
    ],
    rows: runs.map((run) => [
      run.size,
      ...[run.workers, run.jobs, run.serviceMs, run.proofsPerSecond, run.expected].map(number),
      percent(run.proofsPerSecond / run.expected),
      ...[run.overheadMs, run.coordinatorMs].map(number),
    ]),
  };
}
