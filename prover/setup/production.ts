import { randomBytes } from "node:crypto";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { zKey } from "snarkjs";
import { SheafError } from "../../protocol/errors.ts";
import type { CircuitArtifacts } from "../artifacts/circuit-cache.ts";
import { bySnarkjs } from "../backends/by-snarkjs.ts";
import { temporaryFolder } from "../files/temporary-folder.ts";
import { exists, replaceWhole, sha256File } from "../files/whole-files.ts";
import { usesNativeSetup, type SetupChoice } from "./choice.ts";
import { readKeyHistory, type Contribution } from "./key-file.ts";
import { firstKey } from "./native.ts";
import { checkPowersOfTau, type PowersOfTau, type PowersOfTauOptions } from "./powers-of-tau.ts";
import { partOf, type Progress } from "./progress.ts";
import { progressLogger, STEPS } from "./snarkjs-log.ts";

/** The share of the time that hashing the powers of tau takes, for progress. */
const HASHING = 0.1;
const VERIFYING = "verifying the key";

/** What each step of a ceremony gets: the key before it, and the path of the key after it, which must not exist. */
interface Step {
  readonly from: string;
  readonly to: string;
  /** Who contributes; public, up to 64 characters. */
  readonly name: string;
  readonly onProgress?: Progress;
}

export interface CeremonyStart extends SetupChoice {
  readonly circuit: CircuitArtifacts;
  readonly powersOfTau: PowersOfTauOptions;
  readonly to: string;
}

/**
 * Makes the first key of a ceremony's phase 2 from powers of tau. It is INSECURE until somebody has contributed.
 *
 * @throws SheafError FILE_UNREADABLE, PTAU_MALFORMED, PTAU_TOO_SMALL, PTAU_HASH_MISMATCH, KEY_EXISTS
 */
export async function startCeremony({ circuit, powersOfTau, to, ...choice }: CeremonyStart): Promise<PowersOfTau> {
  const { onProgress } = choice;
  const checked = await checkPowersOfTau(powersOfTau, circuit.counts.domainPower, partOf(onProgress, 0, HASHING));
  const files = [circuit.r1cs, checked.path] as const;
  if (await usesNativeSetup(choice)) {
    await writeNewKey(to, (draft) => firstKey(...files, draft, partOf(onProgress, HASHING, 1)));
  } else {
    const logger = progressLogger(STEPS.first, "making the first key", partOf(onProgress, HASHING, 1));
    await writeKey(to, (draft) => zKey.newZKey(...files, draft, logger), logger);
  }
  return checked;
}

/**
 * Contributes to phase 2: multiplies delta by a secret, which is forgotten. The key is sound if one contributor's was.
 * The secret comes from the system's random source; `entropy` is mixed in for those who do not trust it alone.
 *
 * @returns the contribution's BLAKE2b-512, for the contributor to publish
 * @throws SheafError FILE_UNREADABLE, KEY_MALFORMED, KEY_INSECURE, KEY_EXISTS
 */
export async function contribute(step: Step & { readonly entropy?: string }): Promise<string> {
  await readKeyHistory(step.from);
  const logger = progressLogger(STEPS.contribute, "contributing", step.onProgress);
  const entropy = `${randomBytes(64).toString("hex")}${step.entropy ?? ""}`;
  return writeKey(step.to, (draft) => zKey.contribute(step.from, draft, step.name, entropy, logger), logger);
}

export interface Beacon {
  /** A public random value that nobody could know before the last contribution, in hexadecimal: up to 255 bytes. */
  readonly hash: string;
  /** It is hashed 2^iterationsExponent times: from 10 to 63. */
  readonly iterationsExponent: number;
}

/**
 * Ends phase 2 with a beacon: a contribution that follows from a public random value, so that the last contributor
 * cannot choose among outcomes.
 *
 * @returns the contribution's BLAKE2b-512
 * @throws SheafError BEACON_INVALID, FILE_UNREADABLE, KEY_MALFORMED, KEY_INSECURE, KEY_EXISTS
 */
export async function applyBeacon(step: Step & { readonly beacon: Beacon }): Promise<string> {
  const { hash, iterationsExponent } = step.beacon;
  const isHash = /^([0-9a-f]{2}){1,255}$/i.test(hash);
  if (!isHash || !Number.isInteger(iterationsExponent) || iterationsExponent < 10 || iterationsExponent > 63) {
    throw new SheafError("BEACON_INVALID", `${hash} hashed 2^${iterationsExponent} times is no beacon`);
  }
  await readKeyHistory(step.from);
  const logger = progressLogger(STEPS.contribute, "applying the beacon", step.onProgress);
  return writeKey(
    step.to,
    (draft) => zKey.beacon(step.from, draft, step.name, hash, iterationsExponent, logger),
    logger,
  );
}

export interface CeremonyCheck extends SetupChoice {
  readonly circuit: CircuitArtifacts;
  readonly powersOfTau: PowersOfTauOptions;
  readonly zkey: string;
}

/** What a ceremony's key is made of. Anyone with the files can repeat it: `snarkjs zkey verify` shows the same hashes. */
export interface Transcript {
  readonly circuit: { readonly name: string; readonly r1csSha256: string };
  readonly powersOfTau: { readonly power: number; readonly blake2b512: string; readonly published: boolean };
  readonly key: { readonly sha256: string; readonly circuitHash: string };
  readonly contributions: readonly Contribution[];
}

/**
 * Verifies a key against circuit and powers of tau: it makes the first key again and checks each contribution.
 *
 * @throws SheafError CEREMONY_INVALID if anything does not hold or nobody has contributed; the codes of `startCeremony`
 */
export async function verifyCeremony({ circuit, powersOfTau, zkey, ...choice }: CeremonyCheck): Promise<Transcript> {
  const { onProgress } = choice;
  const history = await readKeyHistory(zkey);
  const checked = await checkPowersOfTau(powersOfTau, circuit.counts.domainPower, partOf(onProgress, 0, HASHING));
  if (history.contributions.length === 0) {
    throw new SheafError("CEREMONY_INVALID", `nobody has contributed to ${zkey}: anyone can forge its proofs`);
  }
  const files: CeremonyFiles = [circuit.r1cs, checked.path, zkey];
  const verify = (await usesNativeSetup(choice)) ? verifyWithNativeKey : verifyWithSnarkjs;
  await verify(files, partOf(onProgress, HASHING, 1));
  return {
    circuit: { name: circuit.name, r1csSha256: circuit.hash },
    powersOfTau: { power: checked.power, blake2b512: checked.hash, published: checked.published },
    key: { sha256: await sha256File(zkey), circuitHash: history.circuitHash },
    contributions: history.contributions,
  };
}

type CeremonyFiles = readonly [r1cs: string, powersOfTau: string, zkey: string];

async function verifyWithSnarkjs(files: CeremonyFiles, onProgress: Progress): Promise<void> {
  const logger = progressLogger([...STEPS.first, ...STEPS.verify], VERIFYING, onProgress);
  await expectValid(
    files,
    bySnarkjs(() => zKey.verifyFromR1cs(...files, logger)),
    logger,
  );
}

/** snarkjs does the same, but takes an hour and more for the first key of a large circuit. */
async function verifyWithNativeKey(files: CeremonyFiles, onProgress: Progress): Promise<void> {
  const [r1cs, powersOfTau, zkey] = files;
  const folder = await temporaryFolder("setup");
  try {
    const first = join(folder, "first.zkey");
    await firstKey(
      r1cs,
      powersOfTau,
      first,
      partOf((fraction) => onProgress(fraction, VERIFYING), 0, 0.5),
    );
    const logger = progressLogger(STEPS.verify, VERIFYING, partOf(onProgress, 0.5, 1));
    await expectValid(
      files,
      bySnarkjs(() => zKey.verifyFromInit(first, powersOfTau, zkey, logger)),
      logger,
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** @throws SheafError CEREMONY_INVALID */
async function expectValid(
  [, , zkey]: CeremonyFiles,
  verified: Promise<boolean>,
  logger: { readonly errors: readonly string[] },
): Promise<void> {
  const valid = await verified.catch((error: unknown) => {
    throw new SheafError("CEREMONY_INVALID", `${zkey} could not be verified: ${String(error)}`, { cause: error });
  });
  if (!valid) throw new SheafError("CEREMONY_INVALID", `${zkey} is wrong: ${reasons(logger)}`);
}

/** Lets snarkjs write a key beside its place and moves it there if it succeeded; returns the hash as hexadecimal. */
async function writeKey(
  path: string,
  write: (draft: string) => Promise<Uint8Array | -1 | false>,
  logger: { readonly errors: readonly string[] },
): Promise<string> {
  return writeNewKey(path, async (draft) => {
    const hash = await bySnarkjs(() => write(draft));
    if (!(hash instanceof Uint8Array)) throw new SheafError("CEREMONY_INVALID", `no key made: ${reasons(logger)}`);
    return Buffer.from(hash).toString("hex");
  });
}

async function writeNewKey<T>(path: string, write: (draft: string) => Promise<T>): Promise<T> {
  if (await exists(path)) throw new SheafError("KEY_EXISTS", `${path} exists already`);
  return replaceWhole(path, write);
}

const reasons = ({ errors }: { readonly errors: readonly string[] }): string =>
  errors.length === 0 ? "snarkjs printed the reason" : errors.join("; ");
