import { expect } from "chai";
import { loadTemplate, type Patch, type TestCircuit } from "../support/circuits/circuit.ts";
import { BASES } from "../support/circuits/batch-bases.ts";
import { CheatingProver } from "../support/circuits/cheating-prover.ts";
import { CIRCUIT } from "../support/circuits/forged-scenario.ts";
import { attack, EXCEPTIONS, kindOf } from "../support/circuits/isolation.ts";
import { otherValues } from "../support/circuits/isolating.ts";
import { LONG, sliceOf } from "../support/random.ts";

// Is any constraint of a batch without effect, or could one be lost unseen? docs/circuits/templates.md, "How it is tested".

/** Lines of which the circuit does without, if nobody looks. */
const DROPPED: readonly (Patch & { readonly name: string })[] = [
  {
    ...{ name: "the fees' quotient", file: "batch.circom" },
    from: "signal feeChange <== Quotient()(fees, alpha - feeAccount);",
    to: "signal feeChange <-- fees / (alpha - feeAccount);",
  },
  {
    ...{ name: "a step of y", file: "commitment.circom" },
    from: "sum[k] <== sum[k + 1] * alpha + words[k];",
    to: "if (k == 2) { sum[k] <-- sum[k + 1] * alpha + words[k]; } else { sum[k] <== sum[k + 1] * alpha + words[k]; }",
  },
  {
    ...{ name: "whom a withdrawal is paid to", file: "withdrawal.circom" },
    from: "signal l1Address <== active * slotL1Address;",
    to: "signal l1Address <-- active * slotL1Address;",
  },
  {
    ...{ name: "what an L1 operation credits", file: "l1_operation.circom" },
    from: "signal credited <== deposit * amount;",
    to: "signal credited <-- deposit * amount;",
  },
  {
    ...{ name: "what a forced withdrawal takes", file: "l1_operation.circom" },
    from: "signal taken <== matches * accountBalance;",
    to: "signal taken <-- matches * accountBalance;",
  },
  {
    ...{ name: "transfers' published words", file: "batch.circom" },
    from: "transfersWord[i \\ 2] <== transfer[i + 1].payment",
    to: "transfersWord[i \\ 2] <-- transfer[i + 1].payment",
  },
];

describe("circuits: each constraint of a batch", function () {
  if (LONG) this.timeout("60m");
  let circuit: TestCircuit;
  before(async () => (circuit = await loadTemplate(CIRCUIT)));

  it("is the only one that some forged witness violates, and every forgery violates one", async () => {
    const all = [...circuit.constraints.keys()];
    const wanted = sliceOf(all, 120);
    const { accepted, isolated } = await attack(circuit, new Set(wanted), sliceOf(BASES, 1), 120);
    expect(accepted).to.deep.equal([]);
    if (!LONG) return;
    const missed = all
      .filter((constraint) => !isolated.has(constraint))
      .map((constraint) => kindOf(circuit, constraint));
    expect([...new Set(missed)]).to.have.members(Object.keys(EXCEPTIONS));
  });

  it("is violated in the whole R1CS as well, alone, where the prover finds it violated", async () => {
    const { input, adapted } = BASES[0]!();
    const prover = new CheatingProver(circuit, await circuit.witness(input), Object.keys(input), adapted);
    for (const wire of sliceOf([...prover.definitions.keys()].slice(0, LONG ? 300 : undefined), 3)) {
      for (const { name, changes } of otherValues({ circuit, prover }, [wire])) {
        const found = prover.violated(changes).sort((a, b) => a - b);
        expect(circuit.violated(prover.after(changes)), name).to.deep.equal(found);
      }
    }
  });

  if (LONG) {
    for (const { name, ...patch } of DROPPED) {
      it(`is missed where it is taken out of the source: ${name}`, async () => {
        const mutant = await loadTemplate({ ...CIRCUIT, patches: [patch] });
        expect((await attack(mutant, new Set())).accepted).not.to.deep.equal([]);
      });
    }
  }
});
