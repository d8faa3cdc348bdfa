import { sliceOf } from "../random.ts";
import { loadTemplate } from "./circuit.ts";
import { CIRCUIT } from "./forged-scenario.ts";
import { attack, EXCEPTIONS, kindOf } from "./isolation.ts";

// `npm run mutate circuits`: drops constraints from a batch's R1CS, one at a time, and expects a forged witness that the
// tests have refused to be accepted then: one that violates the dropped constraint and no other. Some of them, or all with
// SHEAF_LONG=1: minutes.

const SLICE = 300;

const circuit = await loadTemplate(CIRCUIT);
const dropped = sliceOf([...circuit.constraints.keys()], SLICE);
const { accepted, isolated } = await attack(circuit, new Set(dropped));
const isExcused = (constraint: number): boolean => kindOf(circuit, constraint) in EXCEPTIONS;
const survivors = dropped.filter((constraint) => !isolated.has(constraint) && !isExcused(constraint));
const excused = dropped.filter((constraint) => !isolated.has(constraint) && isExcused(constraint));
for (const forgery of accepted) process.stdout.write(`accepted as the circuit is: ${forgery}\n`);
for (const constraint of survivors) {
  process.stdout.write(`survived: constraint ${constraint}, of ${kindOf(circuit, constraint)}\n`);
}
const killed = dropped.length - survivors.length - excused.length;
process.stdout.write(
  `${killed} of ${dropped.length} dropped constraints noticed, ${excused.length} follow from others; ` +
    `the circuit has ${circuit.constraints.length}\n`,
);
if (accepted.length + survivors.length > 0) process.exitCode = 1;
