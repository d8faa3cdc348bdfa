import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { fromLittleEndian } from "../../lib/little-endian.ts";
import { SheafError } from "../../protocol/errors.ts";
import { readSection, readSections, type Section } from "../files/binfile.ts";
import { affineBytes } from "./curve-memory.ts";
import { BASE_FIELD_ORDER } from "./orders.ts";
import { PUBLISHED_HASHES } from "./powers-of-tau-hashes.ts";
import type { Progress } from "./progress.ts";

/** A powers-of-tau file that has been checked. */
export interface PowersOfTau {
  readonly path: string;
  /** It serves domains of up to 2^power. */
  readonly power: number;
  /** BLAKE2b-512 of the file. */
  readonly hash: string;
  /** Whether the hash is the published one of the perpetual powers of tau, rather than one that the user gave. */
  readonly published: boolean;
}

export interface PowersOfTauOptions {
  readonly path: string;
  /** Expected BLAKE2b-512 of the file instead of the published ones: trust in another ceremony. */
  readonly hash?: string;
}

/** Said whenever a hash is given: nothing else then vouches for the file. */
export const PTAU_HASH_WARNING =
  "The powers of tau are NOT checked against the published hashes but against the one given. Whoever made that file " +
  "alone can forge proofs of every key made from it.";

/**
 * Checks that a file holds powers of tau that are large enough, complete, prepared for phase 2, and those expected.
 *
 * @param domainPower the circuit's
 * @throws SheafError FILE_UNREADABLE, PTAU_MALFORMED, PTAU_TOO_SMALL, PTAU_HASH_MISMATCH
 */
export async function checkPowersOfTau(
  { path, hash: given }: PowersOfTauOptions,
  domainPower: number,
  onProgress: Progress = () => {},
): Promise<PowersOfTau> {
  const power = await readPower(path);
  if (power < domainPower) {
    throw new SheafError("PTAU_TOO_SMALL", `${path} serves 2^${power} rows; the circuit has 2^${domainPower}`);
  }
  const expected = given?.toLowerCase().replace(/^0x/, "") ?? PUBLISHED_HASHES[power];
  const hash = await blake2bFile(path, onProgress);
  if (hash !== expected) {
    const what = expected === undefined ? `no hash for 2^${power} is published` : `it must be ${expected}`;
    throw new SheafError("PTAU_HASH_MISMATCH", `the BLAKE2b-512 of ${path} is ${hash}; ${what}`);
  }
  return { path, power, hash, published: hash === PUBLISHED_HASHES[power] };
}

/** Reads the power from the header, and compares each section's size with it. */
async function readPower(path: string): Promise<number> {
  const sections = await readSections(path, "ptau").catch((error: unknown) => {
    throw new SheafError("FILE_UNREADABLE", `cannot read ${path}`, { cause: error });
  });
  const malformed = (what: string): SheafError => new SheafError("PTAU_MALFORMED", `${path} ${what}`);
  const section = sections?.get(1);
  if (sections === undefined || section === undefined || section.size !== 44) {
    throw malformed("is cut off or no powers-of-tau file");
  }
  const header = await readSection(path, section);
  if (fromLittleEndian(header.subarray(4, 36)) !== BASE_FIELD_ORDER) throw malformed("is for another curve than BN254");
  const power = header.readUInt32LE(36);
  if (power > 28) throw malformed(`has an impossible power, ${power}`);
  if (!sections.has(12)) throw malformed("is not prepared for phase 2 (snarkjs powersoftau prepare phase2)");
  for (const [id, size] of sizesOf(power)) {
    if (sections.get(id)?.size !== size) throw malformed(`has no section ${id} of ${size} bytes`);
  }
  return power;
}

/** Sizes of the sections that a key is made from. From 12 on, they hold the Lagrange forms for each smaller domain. */
function sizesOf(power: number): Map<number, Section["size"]> {
  const [g1, g2, n] = [affineBytes("G1"), affineBytes("G2"), 2 ** power];
  return new Map([
    [2, (2 * n - 1) * g1],
    [3, n * g2],
    [4, n * g1],
    [5, n * g1],
    [6, g2],
    [12, (4 * n - 1) * g1],
    [13, (2 * n - 1) * g2],
    [14, (2 * n - 1) * g1],
    [15, (2 * n - 1) * g1],
  ]);
}

async function blake2bFile(path: string, onProgress: Progress): Promise<string> {
  const { size } = await stat(path);
  const hash = createHash("blake2b512");
  let done = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    onProgress((done += chunk.length) / size, "hashing the powers of tau");
  }
  return hash.digest("hex");
}
