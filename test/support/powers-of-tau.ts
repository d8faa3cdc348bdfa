import { getCurveFromName, type Group } from "ffjavascript";
import { SectionWriter } from "../../prover/binfile.ts";
import { littleEndian } from "../../prover/setup/little-endian.ts";
import { BASE_FIELD_ORDER } from "../../prover/setup/orders.ts";

/** Different points of each group in a cycled file; the sizes of sections are no multiples of it. */
const POINTS = 101;

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
  const { G1, G2 } = await getCurveFromName("bn128", true);
  const size = 2 ** power;
  await writeSections(path, power, [
    [2, await multiples(G1, 1n, tau, 2 * size - 1)],
    [3, await multiples(G2, 1n, tau, size)],
    [4, await multiples(G1, alpha, tau, size)],
    [5, await multiples(G1, beta, tau, size)],
    [6, await multiples(G2, beta, tau, 1)],
    [7, NO_CONTRIBUTIONS],
  ]);
}

/**
 * Writes a file with the form of prepared powers of tau, at once and for large domains too, whose points are random ones
 * that come again and again. A key made of it proves nothing; how it is made can be compared with how snarkjs makes it.
 */
export async function writeCycledPowersOfTau(path: string, power: number): Promise<void> {
  const { G1, G2 } = await getCurveFromName("bn128", true);
  const n = 2 ** power;
  const points = async (section: number, group: Group, count: number): Promise<Section> => {
    const cycle = Buffer.from(await multiples(group, BigInt(section), BigInt(section) + 2n ** 200n, POINTS));
    // The group's own generator is first, as it is among powers of tau.
    cycle.set(group.oneAffine);
    return [section, Buffer.alloc(count * group.oneAffine.length, cycle)];
  };
  await writeSections(path, power, [
    await points(2, G1, 2 * n - 1),
    await points(3, G2, n),
    await points(4, G1, n),
    await points(5, G1, n),
    await points(6, G2, 1),
    [7, NO_CONTRIBUTIONS],
    await points(12, G1, 4 * n - 1),
    await points(13, G2, 2 * n - 1),
    await points(14, G1, 2 * n - 1),
    await points(15, G1, 2 * n - 1),
  ]);
}

type Section = readonly [kind: number, content: Uint8Array];

const NO_CONTRIBUTIONS = new Uint8Array(4);

/** first·factor^i times the group's generator, for i below `count`. */
async function multiples(group: Group, first: bigint, factor: bigint, count: number): Promise<Uint8Array> {
  const { Fr } = await getCurveFromName("bn128", true);
  const generators = new Uint8Array(Buffer.alloc(count * group.oneAffine.length, group.oneAffine));
  return group.batchApplyKey(generators, Fr.e(first), Fr.e(factor));
}

async function writeSections(path: string, power: number, sections: readonly Section[]): Promise<void> {
  const header = Buffer.alloc(44);
  header.writeUInt32LE(32, 0);
  header.set(littleEndian(BASE_FIELD_ORDER), 4);
  header.writeUInt32LE(power, 36);
  header.writeUInt32LE(power, 40);
  const writer = await SectionWriter.create(path, "ptau", 1, sections.length + 1);
  await writer.section(1, header);
  for (const [kind, content] of sections) await writer.section(kind, content);
  await writer.close();
}
