import { readFile } from "node:fs/promises";
import { fromLittleEndian } from "../../lib/little-endian.ts";
import { SheafError } from "../../protocol/errors.ts";

/** A linear combination: pairs of wire and coefficient. Wire 0 is the constant 1. */
export type LinearCombination = readonly (readonly [wire: number, coefficient: bigint])[];

/** `A · B = C` */
export type Constraint = readonly [LinearCombination, LinearCombination, LinearCombination];

/** Size of a circuit. `nonZeros` counts the coefficients of A, B and C: what a key's size and the prover grow with. */
export interface R1csCounts {
  readonly constraints: number;
  readonly wires: number;
  readonly nonZeros: number;
  readonly outputs: number;
  readonly publicInputs: number;
  readonly privateInputs: number;
}

export interface R1cs extends R1csCounts {
  readonly prime: bigint;
  /** Reads the constraints in order. */
  readonly rows: () => Generator<Constraint>;
}

const HEADER = 1;
const CONSTRAINTS = 2;

/**
 * Reads circom's `.r1cs` file (https://github.com/iden3/r1csfile/blob/master/doc/r1cs_bin_format.md).
 * Counting decodes no coefficient, so that it is quick for a batch's circuit too.
 *
 * @throws SheafError R1CS_MALFORMED if the file is not an R1CS of version 1
 */
export async function readR1cs(path: string): Promise<R1cs> {
  const data = await readFile(path);
  if (data.length < 12 || data.toString("latin1", 0, 4) !== "r1cs" || data.readUInt32LE(4) !== 1) {
    throw new SheafError("R1CS_MALFORMED", `${path} is not an R1CS file of version 1`);
  }
  const sections = sectionOffsets(data);
  const header = sections.get(HEADER);
  const start = sections.get(CONSTRAINTS);
  if (header === undefined || start === undefined) {
    throw new SheafError("R1CS_MALFORMED", `${path} lacks its header or its constraints`);
  }
  const bytes = data.readUInt32LE(header);
  const counts = header + 4 + bytes;
  const constraints = data.readUInt32LE(counts + 24);
  return {
    prime: fromLittleEndian(data.subarray(header + 4, counts)),
    wires: data.readUInt32LE(counts),
    outputs: data.readUInt32LE(counts + 4),
    publicInputs: data.readUInt32LE(counts + 8),
    privateInputs: data.readUInt32LE(counts + 12),
    constraints,
    nonZeros: countNonZeros(data, start, constraints, bytes),
    rows: () => readRows(data, start, constraints, bytes),
  };
}

function sectionOffsets(data: Buffer): Map<number, number> {
  const offsets = new Map<number, number>();
  let at = 12;
  for (let left = data.readUInt32LE(8); left > 0; left--) {
    offsets.set(data.readUInt32LE(at), at + 12);
    at += 12 + Number(data.readBigUInt64LE(at + 4));
  }
  return offsets;
}

function countNonZeros(data: Buffer, start: number, constraints: number, bytes: number): number {
  let at = start;
  let total = 0;
  for (let combination = 0; combination < 3 * constraints; combination++) {
    const terms = data.readUInt32LE(at);
    total += terms;
    at += 4 + terms * (4 + bytes);
  }
  return total;
}

function* readRows(data: Buffer, start: number, constraints: number, bytes: number): Generator<Constraint> {
  let at = start;
  const combination = (): LinearCombination => {
    const terms: [number, bigint][] = [];
    const count = data.readUInt32LE(at);
    at += 4;
    for (let i = 0; i < count; i++, at += 4 + bytes) {
      terms.push([data.readUInt32LE(at), fromLittleEndian(data.subarray(at + 4, at + 4 + bytes))]);
    }
    return terms;
  };
  for (let row = 0; row < constraints; row++) yield [combination(), combination(), combination()];
}
