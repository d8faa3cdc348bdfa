import { expect } from "chai";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SheafError } from "../../protocol/errors.ts";
import { ensureCompiled, type CircuitArtifacts } from "../../prover/artifacts/circuit-cache.ts";
import { ensureDevelopmentKey, type KeyArtifacts } from "../../prover/artifacts/key-cache.ts";
import { snarkjsProver, verifyProof } from "../../prover/backends/snarkjs.ts";
import { provePipeline } from "../../prover/pipeline.ts";
import type { Prover, TimedProof, Witness, WitnessInput } from "../../prover/prover.ts";
import { expectCode } from "../support/errors.ts";
import { CHAIN_INPUT, chainCircuit } from "../support/prover/chain-circuit.ts";

describe("a pipeline of proofs", () => {
  let folder: string;
  let circuit: CircuitArtifacts;
  let key: KeyArtifacts;
  let real: Prover;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "sheaf-"));
    circuit = await ensureCompiled(await chainCircuit(), folder);
    key = await ensureDevelopmentKey(circuit, folder);
    real = snarkjsProver({ ...circuit, ...key });
  });
  after(async () => {
    await real.close();
    await rm(folder, { recursive: true });
  });

  const input = (alpha: bigint): WitnessInput => ({ ...CHAIN_INPUT, alpha });
  const violating = { ...CHAIN_INPUT, x: [12n, 13n] };

  /** The prover, with a log of what it begins and ends, and what was done with each witness. */
  function logged(log: string[]): Prover {
    let witnesses = 0;
    const numbers = new Map<Witness, number>();
    return {
      ...real,
      async witness(input) {
        const number = ++witnesses;
        log.push(`witness ${number}`);
        const witness = await real.witness(input);
        const tracked: Witness = {
          ...witness,
          async discard() {
            log.push(`discard ${number}`);
            await witness.discard();
          },
        };
        numbers.set(tracked, number);
        return tracked;
      },
      async proveWitness(witness) {
        const number = numbers.get(witness)!;
        log.push(`prove ${number}`);
        const proof = await real.proveWitness(witness);
        log.push(`proven ${number}`);
        return proof;
      },
    };
  }

  it("makes them in order, each witness while the proof before it is made", async () => {
    const log: string[] = [];
    const prover = logged(log);
    const jobs = [3n, 4n, 5n].map((alpha) => ({ prover, input: input(alpha), alpha }));
    const watched: bigint[] = [];
    const watch = (job: { alpha: bigint }, work: () => Promise<TimedProof>): Promise<TimedProof> => {
      watched.push(job.alpha);
      return work();
    };
    for await (const { job, proof } of provePipeline(jobs, watch)) {
      log.push(`taken ${job.alpha}`);
      expect(proof.publicSignals[2]).to.equal(String(job.alpha));
      expect(await verifyProof(key.verificationKey, proof)).to.be.true;
    }
    const before = (first: string, second: string): void => {
      expect(log.indexOf(first), `${first} before ${second}`).to.be.within(0, log.indexOf(second) - 1);
    };
    before("witness 2", "proven 1");
    before("witness 3", "proven 2");
    before("taken 3", "prove 2");
    before("taken 4", "prove 3");
    expect(watched).to.deep.equal([3n, 4n, 5n]);
    expect(log.filter((line) => line.startsWith("discard"))).to.deep.equal(["discard 1", "discard 2", "discard 3"]);
  });

  it("tells of a failure at its turn, takes no further job and leaves no witness behind", async () => {
    const log: string[] = [];
    const prover = logged(log);
    let ended = false;
    async function* jobs() {
      try {
        yield* [input(3n), violating, input(5n), input(6n)].map((input) => ({ prover, input }));
      } finally {
        ended = true;
      }
    }
    const taken: string[] = [];
    await expectCode("WITNESS_FAILED", async () => {
      for await (const { proof } of provePipeline(jobs())) taken.push(proof.publicSignals[2]!);
    });
    expect(taken).to.deep.equal(["3"]);
    expect(ended).to.be.true;
    expect(log).not.to.include("witness 3");
  });

  it("discards the witness ahead when a proof fails, or nobody asks for more", async () => {
    const log: string[] = [];
    const failing: Prover = {
      ...logged(log),
      async proveWitness(witness) {
        await witness.discard();
        throw new SheafError("PROOF_INVALID", "as with a key of another circuit");
      },
    };
    const jobs = (prover: Prover) => [3n, 4n, 5n].map((alpha) => ({ prover, input: input(alpha) }));
    await expectCode("PROOF_INVALID", () => provePipeline(jobs(failing)).next());
    expect(log.filter((line) => line.startsWith("discard")).sort()).to.deep.equal(["discard 1", "discard 2"]);

    log.length = 0;
    for await (const { proof } of provePipeline(jobs(logged(log)))) {
      expect(proof.publicSignals[2]).to.equal("3");
      break;
    }
    expect(log.filter((line) => line.startsWith("discard")).sort()).to.deep.equal(["discard 1", "discard 2"]);
  });

  it("tells of a job that cannot be made, after the proofs before it", async () => {
    function* jobs() {
      yield { prover: real, input: input(3n) };
      throw new SheafError("BALANCE_INSUFFICIENT", "the next batch cannot be made");
    }
    const taken: string[] = [];
    await expectCode("BALANCE_INSUFFICIENT", async () => {
      for await (const { proof } of provePipeline(jobs())) taken.push(proof.publicSignals[2]!);
    });
    expect(taken).to.deep.equal(["3"]);
  });
});
