import { LONG, sliceOf } from "../random.ts";
import { loadTemplate } from "./circuit.ts";
import { signalsOf } from "./guards.ts";
import { attack } from "./isolation.ts";
import { TARGETS } from "./targets.ts";

// `npm run mutate circuits`: drops constraints from the R1CS of each circuit, one at a time, and expects a forged witness that
// the tests have refused to be accepted then: one that violates the dropped constraint and no other. A slice of them, other
// ones each time, or all with SHEAF_LONG=1: minutes.

/** Of each circuit; those of the smaller ones take seconds. */
const SLICE = 300;

for (const target of TARGETS) {
  const circuit = await loadTemplate(target.circuit);
  const dropped = sliceOf([...circuit.constraints.keys()], SLICE);
  const { accepted, isolated } = await attack(target, circuit, new Set(dropped));
  const survivors = dropped.filter((constraint) => !isolated.has(constraint));
  for (const forgery of accepted) process.stdout.write(`accepted as the circuit is: ${forgery}\n`);
  for (const constraint of survivors) {
    process.stdout.write(`survived: constraint ${constraint}, of ${signalsOf(circuit, constraint)}\n`);
  }
  process.stdout.write(
    `${target.circuit.template}: ${dropped.length - survivors.length} of ${dropped.length} dropped constraints noticed` +
      `${LONG ? "" : `, of ${circuit.constraints.length} in all`}\n`,
  );
  if (accepted.length + survivors.length > 0) process.exitCode = 1;
}
