import type { Job } from "../../prover/queue/job.ts";

export interface Fairness {
  readonly jobsPerSecond: number;
  /** Jobs that were taken although an older one waited, by more places than there are workers. */
  readonly overtaken: number;
  /** Most places by which a job was taken later than its age says. */
  readonly worstDelay: number;
  /** Jain's index over the workers' shares: 1 if all did the same number of jobs, 1/workers if one did all. */
  readonly shares: number;
}

/** How the order in which jobs were taken compares with their ages, and how evenly the work was spread over the workers. */
export function measureFairness(jobs: readonly Job[], workers: number, seconds: number): Fairness {
  const byAge = jobs.toSorted((a, b) => a.order - b.order);
  const byStart = jobs.toSorted((a, b) => a.startedAt! - b.startedAt!);
  const place = new Map(byStart.map(({ id }, index) => [id, index]));
  const delays = byAge.map(({ id }, index) => place.get(id)! - index);
  const counts = new Map<string, number>();
  for (const { result } of jobs) counts.set(result!.worker, (counts.get(result!.worker) ?? 0) + 1);
  const shares = [...counts.values()];
  const sum = shares.reduce((total, share) => total + share, 0);
  const squares = shares.reduce((total, share) => total + share * share, 0);
  return {
    jobsPerSecond: jobs.length / seconds,
    overtaken: delays.filter((delay) => -delay > workers).length,
    worstDelay: Math.max(...delays),
    shares: (sum * sum) / (squares * workers),
  };
}
