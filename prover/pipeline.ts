import type { Prover, TimedProof, Witness, WitnessInput } from "./prover.ts";

/** Something to prove, and who proves it. */
export interface ProofJob {
  readonly prover: Prover;
  readonly input: WitnessInput;
}

interface Started<Job> {
  readonly job: Job;
  readonly witness: Promise<Witness>;
}

/**
 * Makes proofs one after the other, in the jobs' order, and computes each witness while the proof before it is made.
 *
 * @param watch runs the work on a proof, to show its progress
 * @throws SheafError what `Prover.witness` and `Prover.proveWitness` throw, at the job's turn; it takes no further job
 */
export async function* provePipeline<Job extends ProofJob>(
  jobs: Iterable<Job> | AsyncIterable<Job>,
  watch: (job: Job, work: () => Promise<TimedProof>) => Promise<TimedProof> = (_, work) => work(),
): AsyncGenerator<{ readonly job: Job; readonly proof: TimedProof }, void, undefined> {
  const source = Symbol.asyncIterator in jobs ? jobs[Symbol.asyncIterator]() : jobs[Symbol.iterator]();
  const start = async (): Promise<Started<Job> | undefined> => {
    const { done, value: job } = await source.next();
    if (done) return undefined;
    const witness = job.prover.witness(job.input);
    witness.catch(() => undefined); // told at its turn
    return { job, witness };
  };
  let next = start();
  try {
    for (let started = await next; started !== undefined; started = await next) {
      const { job, witness } = started;
      const proof = await watch(job, async () => {
        const ready = await witness;
        next = start();
        next.catch(() => undefined); // told at its turn
        return job.prover.proveWitness(ready);
      });
      yield { job, proof };
    }
  } finally {
    await source.return?.();
    // After a failure, or if nobody asks for more: one witness may be there that nobody will prove.
    const left = await next.then((started) => started?.witness).catch(() => undefined);
    await left?.discard();
  }
}
