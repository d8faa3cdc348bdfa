import { fromLittleEndian } from "../../lib/little-endian.ts";
import { FIELD_ORDER } from "../../protocol/constants.ts";
import { SheafError } from "../../protocol/errors.ts";
import { readSection, readSections } from "./binfile.ts";

/** Size of a circuit. `nonZeros` counts the coefficients of A, B and C: a key's size and the prover's time grow with it. */
export interface R1csCounts {
  readonly constraints: number;
  readonly wires: number;
  readonly nonZeros: number;
  readonly outputs: number;
  readonly publicInputs: number;
  readonly privateInputs: number;
}

/** An `.r1cs` file's numbers, and its constraints as they lie in the file. */
export interface R1csFile extends R1csCounts {
  /** Outputs and public inputs; they are wires 1 to `publicSignals`. */
  readonly publicSignals: number;
  readonly bytes: Buffer;
}

const SCALAR_BYTES = 32;
/** Bytes of a term: wire and coefficient. */
export const TERM_BYTES = 4 + SCALAR_BYTES;

/**
 * Reads circom's `.r1cs` file (https://github.com/iden3/r1csfile/blob/master/doc/r1cs_bin_format.md).
 *
 * @throws SheafError R1CS_MALFORMED if the file is not an R1CS over BN254's scalar field
 */
export async function readR1cs(path: string): Promise<R1csFile> {
  const sections = await readSections(path, "r1cs");
  const header = sections?.get(1);
  const constraints = sections?.get(2);
  if (header === undefined || constraints === undefined || header.size !== 32 + SCALAR_BYTES) {
    throw new SheafError("R1CS_MALFORMED", `${path} is damaged or no R1CS file`);
  }
  const numbers = await readSection(path, header);
  if (fromLittleEndian(numbers.subarray(4, 4 + SCALAR_BYTES)) !== FIELD_ORDER) {
    throw new SheafError("R1CS_MALFORMED", `${path} is over another field than BN254's`);
  }
  const [wires, outputs, publicInputs, privateInputs] = [0, 4, 8, 12].map((at) =>
    numbers.readUInt32LE(4 + SCALAR_BYTES + at),
  ) as [number, number, number, number];
  const file = {
    ...{ wires, outputs, publicInputs, privateInputs, publicSignals: outputs + publicInputs },
    constraints: numbers.readUInt32LE(4 + SCALAR_BYTES + 24),
    bytes: await readSection(path, constraints),
  };
  const nonZeros = countTerms(path, file);
  // The wires without constraints show in the map of labels alone; there is no memory for as many as a damaged number says.
  const map = sections?.get(3);
  if (map !== undefined && map.size !== 8 * file.wires) {
    throw new SheafError("R1CS_MALFORMED", `${path} has a map of other wires than it has`);
  }
  return { ...file, nonZeros };
}

/** Which of a constraint's three linear combinations a term stands in. */
export type Matrix = 0 | 1 | 2;

/**
 * Visits the terms in the file's order: constraint by constraint, A, B, C.
 *
 * @param visit gets the matrix, the constraint, the wire, and the byte in `file.bytes` where the coefficient lies:
 * 32 bytes, little-endian
 */
export function visitTerms(
  file: Pick<R1csFile, "bytes" | "constraints">,
  visit: (matrix: Matrix, constraint: number, wire: number, coefficient: number) => void,
): void {
  const view = new DataView(file.bytes.buffer, file.bytes.byteOffset, file.bytes.length);
  let at = 0;
  for (let constraint = 0; constraint < file.constraints; constraint++) {
    for (const matrix of [0, 1, 2] as const) {
      let terms = view.getUint32(at, true);
      for (at += 4; terms > 0; terms--, at += TERM_BYTES) {
        visit(matrix, constraint, view.getUint32(at, true), at + 4);
      }
    }
  }
}

/**
 * Counts the terms. A wire out of range would write over other memory, so the file is checked once before it is used.
 */
function countTerms(path: string, file: Omit<R1csFile, "nonZeros">): number {
  let valid = file.wires > file.publicSignals;
  let count = 0;
  try {
    visitTerms(file, (_matrix, _constraint, wire) => {
      valid &&= wire < file.wires;
      count++;
    });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    valid = false;
  }
  if (!valid) throw new SheafError("R1CS_MALFORMED", `${path} has a constraint that is cut off or names no wire`);
  return count;
}
