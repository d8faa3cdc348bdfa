import { bytesToNumberLE } from "@noble/curves/utils.js";
import { getCurveFromName, type Group } from "ffjavascript";
import { littleEndian } from "../../../lib/little-endian.ts";
import { Fr } from "../../../protocol/field.ts";
import { SectionWriter } from "../../../prover/files/binfile.ts";
import { CurveMemory, SCALAR_BYTES, type GroupName } from "../../../prover/setup/curve-memory.ts";
import { loadCurveModule } from "../../../prover/setup/curve-module.ts";
import { multiplyGenerator } from "../../../prover/setup/fixed-base.ts";
import { lagrangeAt, lagrangeFactor } from "../../../prover/setup/lagrange.ts";
import { BASE_FIELD_ORDER } from "../../../prover/setup/orders.ts";

/** Different points of each group in a cycled file; the sizes of sections are not multiples of it. */
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
 * Writes the file that snarkjs' preparation makes of that, from the secrets again: a Lagrange polynomial at tau is one
 * multiplication of a generator, where snarkjs, which has points alone, transforms them for an hour.
 *
 * @param power at least 1
 */
export async function writePreparedPowersOfTau(
  path: string,
  power: number,
  { tau, alpha, beta }: { tau: bigint; alpha: bigint; beta: bigint },
): Promise<void> {
  const curve = await loadCurveModule();
  const memory = new CurveMemory(curve.module);
  const size = 2 ** power;
  const points = async (section: number, group: GroupName, ...scalars: Uint8Array[]): Promise<Section> => {
    const bytes = Buffer.concat(scalars);
    const shared = new SharedArrayBuffer(bytes.length);
    new Uint8Array(shared).set(bytes);
    return [section, await multiplyGenerator(curve, group, shared)];
  };
  const powers = (first: bigint, count: number): Uint8Array => {
    const scalars = new Uint8Array(count * SCALAR_BYTES);
    for (let i = 0, scalar = first; i < count; i++, scalar = Fr.mul(scalar, tau)) {
      scalars.set(littleEndian(scalar), i * SCALAR_BYTES);
    }
    return scalars;
  };
  /** Of the domains of 1, 2, 4, … elements, times a factor. */
  const lagrange = (factor: bigint, largest: number): Uint8Array[] =>
    Array.from({ length: largest + 1 }, (_, k) => {
      const [start, count] = [memory.allocate(0), 2 ** k];
      const domain = { shift: 1n, root: curve.root(k), count };
      const at = lagrangeAt(memory, tau, Fr.mul(factor, lagrangeFactor(tau, count)), domain);
      memory.kernel("frm_batchFromMontgomery")(at, count, at);
      const scalars = memory.read(at, count * SCALAR_BYTES).slice();
      memory.wipe(start);
      return scalars;
    });
  /** Of the domain of twice the file's size, but for the highest power, which the file does not have. */
  const widest = (): Uint8Array => {
    const scalars = lagrange(1n, power + 1).at(-1)!;
    const missing = Fr.div(Fr.pow(tau, BigInt(2 * size - 1)), BigInt(2 * size));
    for (let at = 0, root = 1n; at < scalars.length; at += SCALAR_BYTES, root = Fr.mul(root, curve.root(power + 1))) {
      const scalar = bytesToNumberLE(scalars.subarray(at, at + SCALAR_BYTES));
      scalars.set(littleEndian(Fr.sub(scalar, Fr.mul(missing, root))), at);
    }
    return scalars;
  };
  await writeSections(path, power, [
    await points(2, "G1", powers(1n, 2 * size - 1)),
    await points(3, "G2", powers(1n, size)),
    await points(4, "G1", powers(alpha, size)),
    await points(5, "G1", powers(beta, size)),
    await points(6, "G2", littleEndian(beta)),
    [7, NO_CONTRIBUTIONS],
    await points(12, "G1", ...lagrange(1n, power), widest()),
    await points(13, "G2", ...lagrange(1n, power)),
    await points(14, "G1", ...lagrange(alpha, power)),
    await points(15, "G1", ...lagrange(beta, power)),
  ]);
}

/**
 * Writes a file with the form of prepared powers of tau, at once and for large domains too, whose points are random ones
 * that come again and again. A key made of it proves nothing; how it is made can be compared with how snarkjs makes it.
 *
 * @param seed other points for another one; the generators stay
 */
export async function writeCycledPowersOfTau(path: string, power: number, seed = 0): Promise<void> {
  const { G1, G2 } = await getCurveFromName("bn128", true);
  const n = 2 ** power;
  const points = async (section: number, group: Group, count: number): Promise<Section> => {
    const cycle = Buffer.from(await multiples(group, BigInt(section + seed), BigInt(section) + 2n ** 200n, POINTS));
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
