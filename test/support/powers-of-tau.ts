import { getCurveFromName, type Group } from "ffjavascript";
import { SectionWriter } from "../../prover/binfile.ts";
import { littleEndian } from "../../prover/setup/little-endian.ts";
import { BASE_FIELD_ORDER } from "../../prover/setup/orders.ts";

/**
 * Writes a powers-of-tau file, before its preparation for phase 2, from known secrets: what a ceremony would have made
 * if its participants' secrets had multiplied to these. Point arithmetic is ffjavascript's.
 *
 * @param power the file serves domains of up to 2^power
 */
export async function writePowersOfTau(
  path: string,
  power: number,
  { tau, alpha, beta }: { tau: bigint; alpha: bigint; beta: bigint },
): Promise<void> {
  const { Fr, G1, G2 } = await getCurveFromName("bn128", true);
  const powers = (group: Group, first: bigint, count: number): Promise<Uint8Array> => {
    const generators = new Uint8Array(Buffer.alloc(count * group.oneAffine.length, group.oneAffine));
    return group.batchApplyKey(generators, Fr.e(first), Fr.e(tau));
  };
  const size = 2 ** power;
  const header = Buffer.alloc(44);
  header.writeUInt32LE(32, 0);
  header.set(littleEndian(BASE_FIELD_ORDER), 4);
  header.writeUInt32LE(power, 36);
  header.writeUInt32LE(power, 40);
  const writer = await SectionWriter.create(path, "ptau", 1, 7);
  await writer.section(1, header);
  await writer.section(2, await powers(G1, 1n, 2 * size - 1));
  await writer.section(3, await powers(G2, 1n, size));
  await writer.section(4, await powers(G1, alpha, size));
  await writer.section(5, await powers(G1, beta, size));
  await writer.section(6, await powers(G2, beta, 1));
  await writer.section(7, new Uint8Array(4));
  await writer.close();
}
