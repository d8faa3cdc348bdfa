import { fromLittleEndian } from "../../lib/little-endian.ts";
import { FIELD_ORDER } from "../../protocol/constants.ts";
import type { CircomProgram, Port } from "./circom-syntax.ts";
import { inverse } from "./operators.ts";
import type { CircomTables } from "./trace.ts";
import { unplanned } from "./unplanned.ts";

/** An input of the circuit: circom names it by a hash. */
export interface InputSignal {
  /** FNV-1a of its name, 64 bits. */
  readonly hash: bigint;
  /** Its first signal. */
  readonly signal: number;
  readonly size: number;
}

export interface CircomData extends CircomTables {
  readonly inputs: readonly InputSignal[];
  /** The signal of each wire of the witness. */
  readonly witness: Uint32Array;
}

export const INPUT_BYTES = 24;
const CONSTANT_BYTES = 40;
/** Flags of a constant's type: it is a whole number of 32 bits unless LONG, and then in Montgomery form if so flagged. */
const LONG = 0x80000000;
const MONTGOMERY = 0x40000000;

/**
 * Reads the `.dat` file that goes with circom's C++ output. Its tables follow each other: inputs by hash, the witness'
 * signals, constants, and the layouts of inputs and outputs.
 */
export function parseCircomData(data: Buffer, { tables }: CircomProgram): CircomData {
  const ends = [tables.inputs * INPUT_BYTES, tables.witness * 8, tables.constants * CONSTANT_BYTES].map(
    (
      (sum) => (size: number) =>
        (sum += size)
    )(0),
  ) as [number, number, number];
  if (data.length < ends[2]) throw unplanned("circom's .dat file is cut off");
  const [ofInputs, ofWitness] = [data.subarray(0, ends[0]), data.subarray(ends[0], ends[1])];
  return {
    inputs: inputSignals(ofInputs).filter(({ size }) => size > 0),
    witness: Uint32Array.from({ length: tables.witness }, (_, wire) => Number(ofWitness.readBigUInt64LE(wire * 8))),
    constants: Array.from({ length: tables.constants }, (_, i) => constant(data, ends[1] + i * CONSTANT_BYTES)),
    ports: parsePorts(data.subarray(ends[2]), tables.ports),
  };
}

/** A plan has this table too. */
export function inputSignals(table: Buffer): InputSignal[] {
  return Array.from({ length: table.length / INPUT_BYTES }, (_, i) => ({
    hash: table.readBigUInt64LE(i * INPUT_BYTES),
    signal: Number(table.readBigUInt64LE(i * INPUT_BYTES + 8)),
    size: Number(table.readBigUInt64LE(i * INPUT_BYTES + 16)),
  }));
}

const FROM_MONTGOMERY = inverse((1n << 256n) % FIELD_ORDER);

function constant(data: Buffer, at: number): bigint {
  const type = data.readUInt32LE(at + 4);
  if ((type & LONG) === 0) {
    const value = BigInt(data.readInt32LE(at));
    return value < 0n ? value + FIELD_ORDER : value;
  }
  const value = fromLittleEndian(data.subarray(at + 8, at + CONSTANT_BYTES));
  return (type & MONTGOMERY) === 0 ? value : (value * FROM_MONTGOMERY) % FIELD_ORDER;
}

/** Templates' numbers; then for each the number of its ports and, a port, offset, lengths of dimensions, size, bus. */
function parsePorts(data: Buffer, templates: number): Map<number, Port[]> {
  const words = new Uint32Array(data.length >> 2).map((_, i) => data.readUInt32LE(4 * i));
  const ports = new Map<number, Port[]>();
  let at = templates;
  for (const id of words.subarray(0, templates)) {
    const list: Port[] = [];
    for (let left = words[at++]!; left > 0; left--) {
      const end = at + 2 + words[at + 1]!;
      list.push({ offset: words[at]!, lengths: [...words.subarray(at + 2, end)], size: words[end]! });
      at = end + 2;
    }
    ports.set(id, list);
  }
  return ports;
}
