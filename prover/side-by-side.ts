import type { TimedProof } from "./prover.ts";

/**
 * Makes all proofs at the same time, and gives them in the jobs' order: roots between batches are known before any
 * proof is, so nothing has to wait.
 *
 * @throws what `prove` throws, at the job's turn
 */
export async function* proveSideBySide<Job>(
  jobs: AsyncIterable<Job>,
  prove: (job: Job) => Promise<TimedProof>,
): AsyncGenerator<{ readonly job: Job; readonly proof: TimedProof }, void, undefined> {
  const started: { readonly job: Job; readonly proof: Promise<TimedProof> }[] = [];
  for await (const job of jobs) {
    const proof = prove(job);
    proof.catch(() => undefined); // told at its turn
    started.push({ job, proof });
  }
  for (const { job, proof } of started) yield { job, proof: await proof };
}
