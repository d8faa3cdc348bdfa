import { fromLittleEndian } from "../../lib/little-endian.ts";
import { FIELD_ORDER } from "../../protocol/constants.ts";
import { SheafError } from "../../protocol/errors.ts";
import { readSection, readSections } from "../files/binfile.ts";
import { SCALAR_BYTES } from "./curve-memory.ts";

/** An `.r1cs` file's numbers, and its constraints as they lie in the file. */
export interface R1csFile {
  readonly wires: number;
  /** Outputs and public inputs; they are wires 1 to `publicSignals`. */
  readonly publicSignals: number;
  readonly constraints: number;
  readonly bytes: Buffer;
}

/** Bytes of a term: wire and coefficient. */
export const TERM_BYTES = 4 + SCALAR_BYTES;

/**
 * @throws SheafError R1CS_MALFORMED if the file is not an R1CS over BN254's scalar field
 */
export async function readR1csFile(path: string): Promise<R1csFile> {
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
  const counts = numbers.subarray(4 + SCALAR_BYTES);
  const file: R1csFile = {
    wires: counts.readUInt32LE(0),
    publicSignals: counts.readUInt32LE(4) + counts.readUInt32LE(8),
    constraints: counts.readUInt32LE(24),
    bytes: await readSection(path, constraints),
  };
  checkTerms(path, file);
  // The wires without constraints show in the map of labels alone; there is no memory for as many as a damaged number says.
  const map = sections?.get(3);
  if (map !== undefined && map.size !== 8 * file.wires) {
    throw new SheafError("R1CS_MALFORMED", `${path} has a map of other wires than it has`);
  }
  return file;
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
  file: R1csFile,
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

/** A wire out of range would write over other memory, so the file is checked once before it is used. */
function checkTerms(path: string, file: R1csFile): void {
  let valid = file.wires > file.publicSignals;
  try {
    visitTerms(file, (_matrix, _constraint, wire) => (valid &&= wire < file.wires));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    valid = false;
  }
  if (!valid) throw new SheafError("R1CS_MALFORMED", `${path} has a constraint that is cut off or names no wire`);
}
