import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { Ring } from "../bench/full-batch.ts";
import { RECORDS, type BatchRecord } from "../bench/record.ts";
import { challengeOf, digestOf, evaluateWords } from "../protocol/challenge.ts";
import { BATCH_SIZES } from "../protocol/constants.ts";
import { replayBatch } from "../protocol/replay.ts";
import { readWords } from "../protocol/words.ts";
import { batchCircuit, ensureCircuit } from "../prover/artifacts/artifacts.ts";
import { digestOf as digestOfSources } from "../prover/artifacts/circuit-cache.ts";
import { endCurveWorkers } from "../prover/backends/curve-workers.ts";
import { verifyProof } from "../prover/backends/snarkjs.ts";
import { LONG } from "./support/random.ts";

// Full batches that take too long to prove in a test: `./sheaf bench --record` proves them and has a contract take them.
describe("records of full batches", () => {
  after(endCurveWorkers);

  it("are there for each size", () => {
    expect(readdirSync(RECORDS)).to.include.members(BATCH_SIZES.map(({ name }) => `${name}.json`));
  });

  for (const file of readdirSync(RECORDS)) {
    const record = JSON.parse(readFileSync(join(RECORDS, file), "utf8")) as BatchRecord;
    const { size, verificationKey } = record;

    describe(size.name, () => {
      it("is of the circuit as it is now", async () => {
        expect(BATCH_SIZES).to.deep.include(size);
        expect(await digestOfSources(batchCircuit(size)), "the circuit changed: ./sheaf bench --record").to.equal(
          record.sources,
        );
        if (LONG) expect((await ensureCircuit(size)).hash).to.equal(record.circuitHash);
      }).timeout("30m");

      for (const kind of ["transfers", "whole"] as const) {
        const { proof, publicSignals, beneficiary, words: hex } = record[kind];
        const words = Buffer.from(hex, "hex");

        it(`has a proof of its words: ${kind}`, async () => {
          const [c, y, alpha, z] = publicSignals.map(BigInt) as [bigint, bigint, bigint, bigint];
          expect(challengeOf(digestOf(c, BigInt(beneficiary), words))).to.equal(alpha);
          expect(evaluateWords(readWords(size, words), alpha)).to.equal(y);
          expect(z).to.equal(0n);
          expect(await verifyProof(verificationKey, { proof, publicSignals })).to.equal(true);
          const other = publicSignals.with(1, `${y + 1n}`);
          expect(await verifyProof(verificationKey, { proof, publicSignals: other })).to.equal(false);
        });

        it(`is full, and its words lead to the state that it claims: ${kind}`, () => {
          const { state } = new Ring(size);
          const before = state.root;
          const { transfers, withdrawals, l1Operations, oldRoot, newRoot } = replayBatch(state, size, words);
          expect(transfers).to.have.length(size.transfers);
          expect(withdrawals).to.have.length(kind === "whole" ? size.withdrawals : 0);
          expect(l1Operations).to.have.length(kind === "whole" ? size.l1Operations : 0);
          expect([oldRoot, newRoot]).to.deep.equal([before, state.root]);
        });
      }
    });
  }
});
