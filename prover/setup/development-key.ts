import { blake2b } from "@noble/hashes/blake2.js";
import { littleEndian } from "../../lib/little-endian.ts";
import { FIELD_ORDER } from "../../protocol/constants.ts";
import { SectionWriter } from "../files/binfile.ts";
import { readR1cs } from "../files/r1cs.ts";
import { replaceWhole } from "../files/whole-files.ts";
import { coefficientSection } from "./coefficients.ts";
import { SCALAR_BYTES } from "./curve-memory.ts";
import { loadCurveModule } from "./curve-module.ts";
import { multiplyGenerator } from "./fixed-base.ts";
import { layoutOf, pointsIn } from "./key-layout.ts";
import { BASE_FIELD_ORDER } from "./orders.ts";
import type { Progress } from "./progress.ts";
import { evaluateQap } from "./qap.ts";
import type { Trapdoor } from "./trapdoor.ts";

/**
 * Stands in a development key where a ceremony's key has the hash of its circuit and powers of tau: whoever holds the
 * file alone can tell what it is, and the ceremony's own verification refuses it.
 */
export const DEVELOPMENT_MARK = blake2b(new TextEncoder().encode("Sheaf INSECURE development setup"), { dkLen: 64 });

/**
 * Makes a `.zkey` (snarkjs 0.7's format for Groth16) from a circuit and a trapdoor.
 * The file appears under its name only when it is complete.
 *
 * Not for use but by `developmentSetup` and by tests: anybody who knows the trapdoor can forge proofs.
 *
 * @throws SheafError R1CS_MALFORMED
 */
export async function makeKey(
  r1csPath: string,
  keyPath: string,
  trapdoor: Trapdoor,
  onProgress: Progress = () => {},
): Promise<void> {
  onProgress(0, "evaluating the circuit");
  const curve = await loadCurveModule();
  const file = await readR1cs(r1csPath);
  const layout = layoutOf(file);
  const scalars = evaluateQap(curve, file, trapdoor);
  // A point of G2 costs about three times one of G1; reading and writing take the rest.
  const work = layout.count.G1 + 3 * layout.count.G2;
  const report = (phase: string, done: number): void => onProgress(0.1 + (0.85 * done) / work, phase);
  try {
    const G1 = await multiplyGenerator(curve, "G1", scalars.G1, (done) => report("points of G1", done));
    const G2 = await multiplyGenerator(curve, "G2", scalars.G2, (done) =>
      report("points of G2", layout.count.G1 + 3 * done),
    );
    const partOfG1 = (part: keyof typeof layout.G1): Uint8Array => pointsIn("G1", G1, layout.G1[part]);
    const partOfG2 = (part: keyof typeof layout.G2): Uint8Array => pointsIn("G2", G2, layout.G2[part]);

    onProgress(0.96, "writing the key");
    await replaceWhole(keyPath, async (draft) => {
      const writer = await SectionWriter.create(draft, "zkey", 1, 10);
      try {
        await writer.section(1, uint32(1));
        await writer.section(
          2,
          ...[uint32(SCALAR_BYTES), littleEndian(BASE_FIELD_ORDER), uint32(SCALAR_BYTES), littleEndian(FIELD_ORDER)],
          ...[uint32(file.wires), uint32(file.publicSignals), uint32(2 ** layout.domainPower)],
          ...[partOfG1("alpha"), partOfG1("beta"), partOfG2("beta")],
          ...[partOfG2("gamma"), partOfG1("delta"), partOfG2("delta")],
        );
        await writer.section(3, partOfG1("IC"));
        await writer.section(4, ...coefficientSection(curve, file));
        await writer.section(5, partOfG1("A"));
        await writer.section(6, partOfG1("B1"));
        await writer.section(7, partOfG2("B2"));
        await writer.section(8, partOfG1("C"));
        await writer.section(9, partOfG1("H"));
        await writer.section(10, DEVELOPMENT_MARK, uint32(0));
      } finally {
        await writer.close();
      }
    });
  } finally {
    for (const buffer of Object.values(scalars)) new Uint8Array(buffer).fill(0);
  }
  onProgress(1, "done");
}

function uint32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}
