import { getCurveFromName } from "ffjavascript";
import { createHash } from "node:crypto";
import { SheafError } from "../../protocol/errors.ts";
import { readSection, readSections, type Section } from "../files/binfile.ts";
import { affineBytes, SCALAR_BYTES } from "./curve-memory.ts";
import { DEVELOPMENT_MARK } from "./development-key.ts";

/** A participant's step in phase 2, as the key's file records it. */
export interface Contribution {
  readonly name: string;
  readonly type: "contribution" | "beacon";
  /** BLAKE2b-512 of its public part; the participant can compare it with what was shown then. */
  readonly hash: string;
  /** Of a beacon: the public random value, and the binary logarithm of how often it was hashed. */
  readonly beacon?: { readonly hash: string; readonly iterationsExponent: number };
}

/** What a key's file says of how it was made. */
export interface KeyHistory {
  /** BLAKE2b-512 of the first key: of the circuit and the powers of tau. */
  readonly circuitHash: string;
  readonly contributions: readonly Contribution[];
}

/** Bytes of the header section: sizes and orders of two fields, three counts, three points of each group. */
const HEADER_BYTES = 2 * (4 + SCALAR_BYTES) + 12 + 3 * affineBytes("G1") + 3 * affineBytes("G2");

/**
 * Reads a Groth16 key's history after looking whether the file is whole.
 *
 * @throws SheafError FILE_UNREADABLE, KEY_MALFORMED, or KEY_INSECURE if it is a development key
 */
export async function readKeyHistory(path: string): Promise<KeyHistory> {
  const sections = await readKeySections(path);
  const bytes = await readSection(path, sections.get(10)!);
  if (bytes.subarray(0, 64).equals(DEVELOPMENT_MARK)) {
    throw new SheafError("KEY_INSECURE", `${path} is a development key: it did not come from powers of tau`);
  }
  try {
    return await parseHistory(bytes);
  } catch (error) {
    throw new SheafError("KEY_MALFORMED", `${path} has a damaged history: ${String(error)}`);
  }
}

/**
 * Finds the sections of a Groth16 key's file, and looks whether it is whole.
 *
 * @throws SheafError FILE_UNREADABLE, KEY_MALFORMED
 */
export async function readKeySections(path: string): Promise<ReadonlyMap<number, Section>> {
  const sections = await readSections(path, "zkey").catch((error: unknown) => {
    throw new SheafError("FILE_UNREADABLE", `cannot read ${path}`, { cause: error });
  });
  const complete =
    sections !== undefined && Array.from({ length: 10 }, (_, i) => i + 1).every((id) => sections.has(id));
  if (!complete || sections.get(2)?.size !== HEADER_BYTES) {
    throw new SheafError("KEY_MALFORMED", `${path} is cut off or no Groth16 key over BN254`);
  }
  return sections;
}

/** The layout is `readMPCParams` of snarkjs' zkey_utils.js. */
async function parseHistory(bytes: Buffer): Promise<KeyHistory> {
  let at = 0;
  const take = (size: number): Buffer => {
    if (at + size > bytes.length) throw new Error("it ends early");
    return bytes.subarray(at, (at += size));
  };
  const { G1, G2 } = await getCurveFromName("bn128", true);
  const circuitHash = take(64).toString("hex");
  const contributions: Contribution[] = [];
  for (let left = take(4).readUInt32LE(); left > 0; left--) {
    const hash = createHash("blake2b512");
    for (let i = 0; i < 3; i++) hash.update(await G1.batchLEMtoU(take(affineBytes("G1"))));
    hash.update(await G2.batchLEMtoU(take(affineBytes("G2")))).update(take(64));
    const isBeacon = take(4).readUInt32LE() === 1;
    const { name = "", iterationsExponent, beaconHash } = parseParameters(take(take(4).readUInt32LE()));
    contributions.push({
      name,
      type: isBeacon ? "beacon" : "contribution",
      hash: hash.digest("hex"),
      ...(beaconHash !== undefined && iterationsExponent !== undefined
        ? { beacon: { hash: beaconHash, iterationsExponent } }
        : {}),
    });
  }
  return { circuitHash, contributions };
}

function parseParameters(bytes: Buffer): { name?: string; iterationsExponent?: number; beaconHash?: string } {
  const parameters: ReturnType<typeof parseParameters> = {};
  for (let at = 0; at < bytes.length;) {
    const type = bytes.readUInt8(at);
    const value = bytes.readUInt8(at + 1);
    at += 2;
    if (type === 2) {
      parameters.iterationsExponent = value;
      continue;
    }
    const content = bytes.subarray(at, (at += value));
    if (type === 1) parameters.name = content.toString("utf8");
    else if (type === 3) parameters.beaconHash = content.toString("hex");
    else throw new Error(`parameter ${type} is unknown`);
  }
  return parameters;
}
