import { getCurveFromName, type Group } from "ffjavascript";
import { SectionWriter } from "../../prover/binfile.ts";
import { littleEndian } from "../../prover/setup/little-endian.ts";
import { BASE_FIELD_ORDER } from "../../prover/setup/orders.ts";

/** Different points of each group; the sizes of sections are no multiples of it. */
const POINTS = 101;

/**
 * Writes a file with the form of prepared powers of tau, at once and for large domains too, whose points are random ones
 * that come again and again. A key made of it proves nothing; how it is made can be compared with how snarkjs makes it.
 */
export async function writeCycledPowersOfTau(path: string, power: number): Promise<void> {
  const { Fr, G1, G2 } = await getCurveFromName("bn128", true);
  const points = async (group: Group, count: number, seed: bigint): Promise<Uint8Array> => {
    const generators = new Uint8Array(Buffer.alloc(POINTS * group.oneAffine.length, group.oneAffine));
    const cycle = Buffer.from(await group.batchApplyKey(generators, Fr.e(seed), Fr.e(seed + 2n ** 200n)));
    // The group's own generator is first, as it is among powers of tau.
    cycle.set(group.oneAffine);
    return Buffer.alloc(count * group.oneAffine.length, cycle);
  };
  const n = 2 ** power;
  const header = Buffer.alloc(44);
  header.writeUInt32LE(32, 0);
  header.set(littleEndian(BASE_FIELD_ORDER), 4);
  header.writeUInt32LE(power, 36);
  header.writeUInt32LE(power, 40);
  const writer = await SectionWriter.create(path, "ptau", 1, 11);
  await writer.section(1, header);
  await writer.section(2, await points(G1, 2 * n - 1, 2n));
  await writer.section(3, await points(G2, n, 3n));
  await writer.section(4, await points(G1, n, 4n));
  await writer.section(5, await points(G1, n, 5n));
  await writer.section(6, await points(G2, 1, 6n));
  await writer.section(7, new Uint8Array(4));
  await writer.section(12, await points(G1, 4 * n - 1, 12n));
  await writer.section(13, await points(G2, 2 * n - 1, 13n));
  await writer.section(14, await points(G1, 2 * n - 1, 14n));
  await writer.section(15, await points(G1, 2 * n - 1, 15n));
  await writer.close();
}
