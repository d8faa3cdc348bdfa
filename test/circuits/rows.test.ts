import { expect } from "chai";
import { loadTemplate, type TestCircuit } from "../support/circuits/circuit.ts";
import { brokenGuards } from "../support/circuits/guards.ts";

describe("circuits: ActiveRows(4)", () => {
  let circuit: TestCircuit;
  before(async () => (circuit = await loadTemplate({ include: "rows.circom", template: "ActiveRows(4)" })));

  it("counts flags, and takes them only without a gap: a row behind one would be proven and never published", async () => {
    for (let flags = 0; flags < 16; flags++) {
      const active = [0, 1, 2, 3].map((row) => BigInt((flags >> row) & 1));
      const witness = await circuit.forge({ active });
      const count = active.filter((flag) => flag === 1n).length;
      expect(circuit.get(witness, "count")).to.equal(BigInt(count));
      const gaps = [1, 2, 3].filter((row) => active[row] === 1n && active[row - 1] === 0n);
      expect(brokenGuards(circuit, witness)).to.have.members(gaps.map((row) => `active[${row - 1}], active[${row}]`));
    }
  });
});
