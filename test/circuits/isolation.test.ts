import { expect } from "chai";
import { readdir, readFile } from "node:fs/promises";
import { loadTemplate, type TestCircuit } from "../support/circuits/circuit.ts";
import { CheatingProver } from "../support/circuits/cheating-prover.ts";
import { DROPPED } from "../support/circuits/dropped.ts";
import { signalsOf } from "../support/circuits/guards.ts";
import { attack } from "../support/circuits/isolation.ts";
import { otherValues } from "../support/circuits/isolating.ts";
import { BATCH, TARGETS } from "../support/circuits/targets.ts";
import { LONG, sliceOf } from "../support/random.ts";

// Is any constraint without effect, or could one be lost unseen? docs/circuits/templates.md, "How it is tested".

const CIRCUITS = new URL("../../circuits/", import.meta.url);

for (const target of TARGETS) {
  describe(`circuits: each constraint of ${target.circuit.template}`, function () {
    if (LONG) this.timeout("60m");
    let circuit: TestCircuit;
    before(async () => (circuit = await loadTemplate(target.circuit)));

    it("is the only one that some forged witness violates, and every forgery violates one", async () => {
      const all = [...circuit.constraints.keys()];
      const some = { ...target, bases: sliceOf(target.bases, 1) };
      const { accepted, isolated } = await attack(some, circuit, new Set(sliceOf(all, 120)), 120);
      expect(accepted).to.deep.equal([]);
      if (!LONG) return;
      const missed = all.filter((constraint) => !isolated.has(constraint));
      expect(new Set(missed.map((constraint) => signalsOf(circuit, constraint)))).to.be.empty;
    });

    it("is violated in the whole R1CS as well, alone, where the prover finds it violated", async () => {
      const { input, adapted, outputs = [] } = target.bases[0]!();
      const known = [...Object.keys(input), ...outputs];
      const prover = new CheatingProver(circuit, await circuit.witness(input), known, adapted);
      const defined = [...prover.definitions.keys()];
      const step = LONG ? Math.ceil(defined.length / 40) : 1;
      for (const wire of sliceOf(
        defined.filter((_, i) => i % step === 0),
        3,
      )) {
        for (const { name, changes } of otherValues({ circuit, prover }, [wire])) {
          const found = prover.violated(changes).sort((a, b) => a - b);
          expect(circuit.violated(prover.after(changes)), name).to.deep.equal(found);
        }
      }
    });
  });
}

it("circuits: every template is in a circuit of which each constraint is attacked", async () => {
  const files = (await readdir(CIRCUITS, { recursive: true })).filter((name) => name.endsWith(".circom"));
  const sources = await Promise.all(files.map((name) => readFile(new URL(name, CIRCUITS), "utf8")));
  const bodies = new Map(
    sources.flatMap((source) =>
      source.split(/^(?=template )/m).flatMap((text) => {
        const name = /^template (?:custom )?(?:parallel )?(\w+)/.exec(text)?.[1];
        return name === undefined ? [] : [[name, text] as const];
      }),
    ),
  );
  const reached = new Set<string>();
  const visit = (name: string): void => {
    if (reached.has(name)) return;
    reached.add(name);
    for (const [, inner] of bodies.get(name)!.matchAll(/\b(\w+)\(/g)) if (bodies.has(inner!)) visit(inner!);
  };
  for (const { circuit } of TARGETS) visit(/^\w+/.exec(circuit.template)![0]);
  expect([...bodies.keys()].filter((name) => !reached.has(name))).to.deep.equal([]);
});

describe("circuits: a line that is taken out of the source", function () {
  if (LONG) this.timeout("60m");
  for (const { name, ...patch } of LONG ? DROPPED : []) {
    it(`is missed: ${name}`, async () => {
      const mutant = await loadTemplate({ ...BATCH.circuit, patches: [patch] });
      for (const base of BATCH.bases) {
        const { accepted } = await attack({ ...BATCH, bases: [base] }, mutant, new Set());
        if (accepted.length > 0) return;
      }
      expect.fail("no forgery is accepted");
    });
  }
});
