import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { Ring } from "../bench/full-batch.ts";
import { RECORDS, type BatchRecord } from "../bench/record.ts";
import { challengeOf, evaluateWords } from "../protocol/challenge.ts";
import { BATCH_SIZES } from "../protocol/constants.ts";
import { replayBatch } from "../protocol/replay.ts";
import { readWords } from "../protocol/words.ts";
import { batchCircuit, ensureCircuit } from "../prover/artifacts/artifacts.ts";
import { digestOf } from "../prover/artifacts/circuit-cache.ts";
import { endCurveWorkers } from "../prover/backends/curve-workers.ts";
import { verifyProof } from "../prover/backends/snarkjs.ts";
import { LONG } from "./support/random.ts";

// Full batches that take too long to prove in a test: `./sheaf bench --record` proves them and has a contract take them.
describe("records of full batches", () => {
  after(endCurveWorkers);

  it("are there for the large sizes", () => {
    expect(readdirSync(RECORDS)).to.include.members(["batch-64.json", "batch-320.json"]);
  });

  for (const file of readdirSync(RECORDS)) {
    const record = JSON.parse(readFileSync(join(RECORDS, file), "utf8")) as BatchRecord;
    const { size } = record;
    const words = Buffer.from(record.words, "hex");

    describe(size.name, () => {
      it("is of the circuit as it is now", async () => {
        expect(BATCH_SIZES).to.deep.include(size);
        expect(await digestOf(batchCircuit(size)), "the circuit changed: ./sheaf bench --record").to.equal(
          record.sources,
        );
        if (LONG) expect((await ensureCircuit(size)).hash).to.equal(record.circuitHash);
      }).timeout("30m");

      it("has a proof of its words", async () => {
        const [c, y, alpha] = record.publicSignals.map(BigInt) as [bigint, bigint, bigint];
        expect(challengeOf(c, BigInt(record.beneficiary), words)).to.equal(alpha);
        expect(evaluateWords(readWords(size, words), alpha)).to.equal(y);
        const { verificationKey, publicSignals, proof } = record;
        expect(await verifyProof(verificationKey, { proof, publicSignals })).to.equal(true);
        const other = publicSignals.with(1, `${y + 1n}`);
        expect(await verifyProof(verificationKey, { proof, publicSignals: other })).to.equal(false);
      });

      it("is full, and its words lead to the state that it claims", () => {
        const { state } = new Ring(size);
        const before = state.root;
        const { transfers, oldRoot, newRoot } = replayBatch(state, size, words);
        expect(transfers).to.have.length(size.transfers);
        expect([oldRoot, newRoot]).to.deep.equal([before, state.root]);
      });
    });
  }
});
