import { runLoad } from "../../bench/load/run.ts";
import { proofsPerSecond } from "./model.ts";
import type { SimulatedRun, StageTerms } from "./terms.ts";

/** Real queue, HTTP, leases and verification; the proofs' times are as measured. */
export async function simulate(
  size: string,
  stages: StageTerms,
  workers: number,
  jobsOfWorker: number,
): Promise<SimulatedRun> {
  const serviceMs = Math.round(stages.witnessMs + stages.proofMs + stages.verificationMs);
  const jobs = workers * jobsOfWorker;
  const report = await runLoad({ jobs, workers, milliseconds: serviceMs });
  return {
    ...{ size, workers, jobs, serviceMs, overheadMs: report.overheadMs, coordinatorMs: report.coordinatorMs },
    proofsPerSecond: report.jobsPerSecond,
    expected: proofsPerSecond(stages, workers, workers),
  };
}
