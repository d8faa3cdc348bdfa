import { littleEndian } from "../../../lib/little-endian.ts";
import { FIELD_ORDER } from "../../../protocol/constants.ts";
import { SectionWriter } from "../../../prover/files/binfile.ts";

/** A linear combination: terms of a wire and a coefficient. */
export type Combination = readonly (readonly [wire: number, coefficient: bigint])[];

export interface Constraints {
  readonly wires: number;
  readonly outputs: number;
  readonly publicInputs: number;
  /** A·B = C for each. */
  readonly constraints: readonly (readonly [A: Combination, B: Combination, C: Combination])[];
}

/** Writes an `.r1cs` file (https://github.com/iden3/r1csfile, version 1) without the map of labels. */
export async function writeR1cs(
  path: string,
  { wires, outputs, publicInputs, constraints }: Constraints,
): Promise<void> {
  const combination = (terms: Combination): Buffer[] => [
    uint32(terms.length),
    ...terms.flatMap(([wire, coefficient]) => [uint32(wire), Buffer.from(littleEndian(coefficient))]),
  ];
  const privateInputs = 0;
  const writer = await SectionWriter.create(path, "r1cs", 1, 2);
  await writer.section(
    1,
    Buffer.concat([
      uint32(32),
      littleEndian(FIELD_ORDER),
      ...[wires, outputs, publicInputs, privateInputs].map(uint32),
      littleEndian(BigInt(wires)).subarray(0, 8),
      uint32(constraints.length),
    ]),
  );
  await writer.section(2, Buffer.concat(constraints.flatMap((rows) => rows.flatMap(combination))));
  await writer.close();
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
