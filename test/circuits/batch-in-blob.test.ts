import { expect } from "chai";
import { placedAt } from "../../protocol/batch.ts";
import { evaluateBlob } from "../../protocol/blob.ts";
import { transferWordsOf } from "../../protocol/words.ts";
import { loadTemplate, type TestCircuit } from "../support/circuits/circuit.ts";
import { batchOn } from "../support/circuits/forged-batch.ts";
import { CIRCUIT, request, SIZE, state } from "../support/circuits/forged-scenario.ts";
import { seeded } from "../support/random.ts";

const random = seeded("circuits/batch-in-blob");

describe("circuits: a batch whose transfers are in a blob", () => {
  let circuit: TestCircuit;
  before(async () => (circuit = await loadTemplate(CIRCUIT)));

  for (const [name, inBlob] of [
    ["in calldata", false],
    ["in a blob", true],
  ] as const) {
    it(`shows what the protocol says, with its transfers ${name}`, async () => {
      const built = batchOn(state, SIZE, { ...request, inBlob });
      const batch = inBlob ? placedAt(built, random.below(2n ** 250n)) : built;
      const { c, y, alpha, z } = batch.publicSignals;
      const witness = await circuit.witness(batch.input);
      expect(circuit.violated(witness)).to.be.empty;
      const shown = ["c", "y", "alpha", "z"].map((signal) => circuit.get(witness, signal));
      expect(shown).to.deep.equal([c, y, alpha, z]);
    });
  }

  it("has another y where its value is another, and the same c anywhere", async () => {
    const batch = batchOn(state, SIZE, { ...request, inBlob: true });
    const [one, other] = [placedAt(batch, 5n), placedAt(batch, 6n)];
    expect(one.publicSignals.c).to.equal(other.publicSignals.c);
    const words = transferWordsOf(batch.published);
    expect(evaluateBlob(words, 5n)).not.to.equal(evaluateBlob(words, 6n));
    const input = { ...one.input, alpha: other.publicSignals.alpha };
    const witness = await circuit.witness(input);
    expect(circuit.get(witness, "y")).not.to.equal(other.publicSignals.y);
  });
});
