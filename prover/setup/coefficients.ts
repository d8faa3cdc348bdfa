import { littleEndian } from "../../lib/little-endian.ts";
import type { R1csFile } from "../files/r1cs.ts";
import { visitTerms } from "../files/r1cs.ts";
import { CurveMemory, SCALAR_BYTES } from "./curve-memory.ts";
import type { CurveModule } from "./curve-module.ts";

/** Bytes of an entry: matrix, constraint, wire, coefficient. */
const ENTRY_BYTES = 12 + SCALAR_BYTES;

/**
 * A key's coefficient section: the non-zeros of A and B, then the public signals' rows of A.
 * Coefficients are in Montgomery form twice over, so that the prover's product with a plain witness is in it once.
 *
 * @returns the number of entries, and the entries
 */
export function coefficientSection(curve: CurveModule, file: R1csFile): [count: Uint8Array, entries: Uint8Array] {
  let entries = file.publicSignals + 1;
  visitTerms(file, (matrix) => (entries += matrix < 2 ? 1 : 0));
  const section = new Uint8Array(entries * ENTRY_BYTES);
  const view = new DataView(section.buffer);
  const memory = new CurveMemory(curve.module);
  const toMontgomery = memory.kernel("frm_toMontgomery");
  const element = memory.read(memory.allocate(SCALAR_BYTES), SCALAR_BYTES);
  const [one, zero] = [littleEndian(1n), element.byteOffset];

  let at = 0;
  const append = (matrix: number, constraint: number, wire: number, coefficient: Uint8Array): void => {
    view.setUint32(at, matrix, true);
    view.setUint32(at + 4, constraint, true);
    view.setUint32(at + 8, wire, true);
    element.set(coefficient);
    toMontgomery(zero, zero);
    toMontgomery(zero, zero);
    section.set(element, at + 12);
    at += ENTRY_BYTES;
  };
  visitTerms(file, (matrix, constraint, wire, coefficient) => {
    if (matrix < 2) append(matrix, constraint, wire, file.bytes.subarray(coefficient, coefficient + SCALAR_BYTES));
  });
  for (let wire = 0; wire <= file.publicSignals; wire++) append(0, file.constraints + wire, wire, one);

  const count = new Uint8Array(4);
  new DataView(count.buffer).setUint32(0, entries, true);
  return [count, section];
}
