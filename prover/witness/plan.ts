import { littleEndian } from "../../lib/little-endian.ts";
import { FIELD_ORDER } from "../../protocol/constants.ts";
import { SectionWriter } from "../files/binfile.ts";
import { parseCircomCpp } from "./circom-cpp.ts";
import { parseCircomData, type CircomData } from "./circom-dat.ts";
import type { CircomProgram } from "./circom-syntax.ts";
import { Constants, lower } from "./lower.ts";
import { phasesOf, type PhaseName, type Shape } from "./phases.ts";
import { assemble, type Program } from "./program.ts";
import { traceTemplate, type Trace } from "./trace.ts";
import { unplanned } from "./unplanned.ts";
import type { Node } from "./values.ts";

/** A plan's file: iden3's container of this type, with these sections. */
export const PLAN = {
  type: "plan",
  version: 1,
  header: 1,
  constants: 2,
  programs: 3,
  code: 4,
  witness: 5,
  inputs: 6,
} as const;

/** What computes a circuit's signals from its inputs. */
export interface Plan {
  /** A phase of a template each; the ones called stand before the ones that call. The last is main's. */
  readonly programs: readonly Program[];
  readonly constants: readonly bigint[];
  readonly signals: number;
  readonly outputs: number;
  readonly inputs: number;
  readonly data: Pick<CircomData, "inputs" | "witness">;
}

/**
 * Makes a plan from circom's own program for a circuit's witnesses, its C++ output: each template becomes straight-line
 * code once, however often the circuit has it.
 *
 * @param cpp text of the `.cpp` file
 * @param dat content of the `.dat` file
 * @throws SheafError CIRCUIT_UNPLANNED
 */
export function makePlan(cpp: string, dat: Buffer): Plan {
  const program = parseCircomCpp(cpp);
  const data = parseCircomData(dat, program);
  const traces = tracesOf(program, data);
  const outputs = outputsOf(program, traces);
  const shapes = new Map<string, Shape>();
  const constants = new Constants();
  const programs: Program[] = [];
  for (const [name, trace] of traces) {
    const isMain = name === program.main;
    const phases = phasesOf(trace, outputs.get(name)!, isMain, shapes);
    const known = new Map<Node, number>();
    const add = (phase: PhaseName): number | undefined => {
      const levels = phases[phase];
      if (levels.every(({ steps, calls }) => steps.length + calls.length === 0)) return undefined;
      const nodes = trace.values.nodes;
      return programs.push(assemble(lower(levels, nodes, known, constants), phases.size)) - 1;
    };
    const [first, second] = [add("outputs"), add("rest")];
    shapes.set(name, {
      inputs: trace.template.inputs,
      outputs: outputs.get(name)!,
      size: phases.size,
      early: phases.early,
      programs: {
        ...(first === undefined ? {} : { outputs: first }),
        ...(second === undefined ? {} : { rest: second }),
      },
    });
  }
  const { inputs, outputs: mainOutputs } = shapes.get(program.main)!;
  const { signals } = program;
  return { programs, constants: constants.values, signals, outputs: mainOutputs, inputs, data };
}

/** Traces main and all that it is made of, parts first. */
function tracesOf(program: CircomProgram, data: CircomData): Map<string, Trace> {
  const traces = new Map<string, Trace>();
  const add = (name: string): void => {
    if (traces.has(name)) return;
    const template = program.templates.get(name);
    if (template === undefined) throw unplanned(`circom's C++ output lacks ${name}`);
    const trace = traceTemplate(program, data, template);
    for (const call of trace.calls) add(call.template);
    traces.set(name, trace);
  };
  add(program.main);
  return traces;
}

/** How many outputs each template has: they stand before its inputs, and those are what a parent assigns. */
function outputsOf(program: CircomProgram, traces: ReadonlyMap<string, Trace>): Map<string, number> {
  const outputs = new Map([[program.main, program.outputs]]);
  for (const { signals, calls } of traces.values()) {
    const assigned = Object.keys(signals).map(Number);
    let at = 0;
    for (const call of calls.toSorted((a, b) => a.signals - b.signals)) {
      while (assigned[at]! < call.signals) at++;
      outputs.set(call.template, assigned[at]! - call.signals);
    }
  }
  return outputs;
}

/** Writes a plan's file. @param path must not exist yet */
export async function writePlan(path: string, plan: Plan): Promise<void> {
  const { programs, data } = plan;
  const file = await SectionWriter.create(path, PLAN.type, PLAN.version, 6);
  try {
    const header = [programs.length, plan.signals, plan.outputs, plan.inputs, plan.constants.length];
    await file.section(PLAN.header, words([...header, data.witness.length]));
    // In one piece: there may be more of them than a call takes arguments.
    await file.section(PLAN.constants, Buffer.concat(plan.constants.map(montgomery)));
    let at = 0;
    const table = programs.flatMap(({ code, registers, size }) => {
      at += code.length;
      return [at - code.length, code.length, registers, size];
    });
    await file.section(PLAN.programs, words(table));
    await file.section(PLAN.code, ...programs.map(({ code }) => words(code)));
    await file.section(PLAN.witness, words(data.witness));
    await file.section(PLAN.inputs, ...data.inputs.map(({ hash, signal, size }) => longs([hash, signal, size])));
  } finally {
    await file.close();
  }
}

function words(values: Iterable<number> & { readonly length: number }): Buffer {
  const buffer = Buffer.alloc(4 * values.length);
  let at = 0;
  for (const value of values) at = buffer.writeUInt32LE(value, at);
  return buffer;
}

function longs(values: readonly (bigint | number)[]): Buffer {
  const buffer = Buffer.alloc(8 * values.length);
  values.forEach((value, i) => buffer.writeBigUInt64LE(BigInt(value), 8 * i));
  return buffer;
}

/** 32 bytes, times 2^256: the form in which the executor multiplies. */
const montgomery = (value: bigint): Uint8Array => littleEndian((value << 256n) % FIELD_ORDER);
