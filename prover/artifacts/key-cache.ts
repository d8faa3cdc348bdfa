import { copyFile, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { zKey, type VerificationKey } from "snarkjs";
import { SheafError } from "../../protocol/errors.ts";
import { bySnarkjs } from "../backends/by-snarkjs.ts";
import { checkFiles, ensureFolder, exists, MANIFEST, readManifest, sha256File, toJson } from "../files/whole-files.ts";
import { usesNativeSetup, type SetupChoice } from "../setup/choice.ts";
import { DEVELOPMENT_KEY_NAME, developmentSetup } from "../setup/development.ts";
import * as native from "../setup/native.ts";
import { assertPhase2Done } from "../setup/phase2.ts";
import { verifyCeremony, type CeremonyCheck } from "../setup/production.ts";
import type { CircuitArtifacts, CircuitCounts } from "./circuit-cache.ts";

/** How a key was made. What each one needs trust for: docs/setup.md. */
export type SetupKind = "development-INSECURE" | "production";

/** A proving key and its verification key. */
export interface KeyArtifacts {
  readonly setup: SetupKind;
  readonly folder: string;
  /** Path of the proving key. */
  readonly zkey: string;
  /** SHA-256 of the proving key. */
  readonly hash: string;
  /** Path of `verificationKey` as JSON, in snarkjs' format. */
  readonly verificationKeyPath: string;
  readonly verificationKey: VerificationKey;
}

/** A key's `manifest.json`. Hashes are SHA-256 in hexadecimal. */
export interface KeyManifest {
  /** Name of the batch size. */
  readonly size: string;
  /** Hash of the R1CS that the key belongs to. */
  readonly circuitHash: string;
  readonly keyHash: string;
  readonly verificationKeyHash: string;
  readonly setup: SetupKind;
  readonly counts: CircuitCounts;
}

const KEY_NAME: Readonly<Record<SetupKind, string>> = {
  "development-INSECURE": DEVELOPMENT_KEY_NAME,
  production: "production.zkey",
};
const VERIFICATION_KEY = "verification_key.json";
const TRANSCRIPT = "transcript.json";

const folderOf = (circuit: CircuitArtifacts, setup: SetupKind, folder: string): string =>
  join(folder, `${circuit.name}-${circuit.hash.slice(0, 16)}`, setup);

/**
 * The development key of a circuit, made if it is not there.
 *
 * @throws SheafError ARTIFACT_CORRUPT if a cached file has been changed
 */
export async function ensureDevelopmentKey(
  circuit: CircuitArtifacts,
  folder: string,
  choice: SetupChoice = {},
): Promise<KeyArtifacts> {
  const setup = "development-INSECURE";
  await ensureFolder(folderOf(circuit, setup, folder), async (draft) => {
    const makeKey = (await usesNativeSetup(choice)) ? native.developmentSetup : developmentSetup;
    await makeKey(circuit.r1cs, join(draft, KEY_NAME[setup]), choice.onProgress);
    await describeKey(draft, circuit, setup);
  });
  return loadKey(circuit, setup, folder);
}

/**
 * Takes a copy of a ceremony's key as the production key of its circuit, verified, with the transcript beside it.
 * There must not be one yet.
 *
 * @throws SheafError the codes of `verifyCeremony`, KEY_INSECURE, KEY_EXISTS
 */
export async function installProductionKey(check: CeremonyCheck, folder: string): Promise<KeyArtifacts> {
  const { circuit } = check;
  const target = folderOf(circuit, "production", folder);
  const made = await ensureFolder(target, async (draft) => {
    const transcript = await verifyCeremony(check);
    const zkey = join(draft, KEY_NAME.production);
    await copyFile(check.zkey, zkey);
    if ((await sha256File(zkey)) !== transcript.key.sha256) {
      throw new SheafError("ARTIFACT_CORRUPT", `${check.zkey} changed while it was verified`);
    }
    await writeFile(join(draft, TRANSCRIPT), toJson(transcript));
    await describeKey(draft, circuit, "production");
    assertPhase2Done(await bySnarkjs(() => zKey.exportVerificationKey(zkey)));
  });
  if (!made) throw new SheafError("KEY_EXISTS", `${circuit.name} already has a production key in ${target}`);
  return loadKey(circuit, "production", folder);
}

/**
 * Whether a circuit has such a key at all: it says so before the circuit is compiled, which takes minutes. Throws
 * `KEY_MISSING`.
 *
 * @param name of the circuit
 */
export async function requireSomeKey(name: string, setup: SetupKind, folder: string): Promise<void> {
  const circuits = (await readdir(folder).catch(() => [])).filter((entry) => entry.startsWith(`${name}-`));
  for (const circuit of circuits) if (await exists(join(folder, circuit, setup))) return;
  throw new SheafError("KEY_MISSING", `${name} has no ${setup} key in ${folder}`);
}

/**
 * Loads a key after checking its files and that it belongs to the circuit.
 *
 * @throws SheafError KEY_MISSING, ARTIFACT_CORRUPT, ARTIFACT_MISMATCH
 */
export async function loadKey(circuit: CircuitArtifacts, setup: SetupKind, folder: string): Promise<KeyArtifacts> {
  const target = folderOf(circuit, setup, folder);
  if (!(await exists(target))) throw new SheafError("KEY_MISSING", `${circuit.name} has no ${setup} key in ${target}`);
  const manifest = await readManifest<KeyManifest>(target);
  if (manifest.circuitHash !== circuit.hash || manifest.setup !== setup) {
    throw new SheafError(
      "ARTIFACT_MISMATCH",
      `${target} holds a ${manifest.setup} key of circuit ${manifest.circuitHash}, not a ${setup} key of ${circuit.hash}`,
    );
  }
  const name = KEY_NAME[setup];
  await checkFiles(target, { [name]: manifest.keyHash, [VERIFICATION_KEY]: manifest.verificationKeyHash });
  const verificationKeyPath = join(target, VERIFICATION_KEY);
  return {
    setup,
    folder: target,
    zkey: join(target, name),
    hash: manifest.keyHash,
    verificationKeyPath,
    verificationKey: JSON.parse(await readFile(verificationKeyPath, "utf8")) as VerificationKey,
  };
}

/** Writes a key's verification key and manifest beside it. */
async function describeKey(folder: string, circuit: CircuitArtifacts, setup: SetupKind): Promise<void> {
  const zkey = join(folder, KEY_NAME[setup]);
  const verificationKey = await bySnarkjs(() => zKey.exportVerificationKey(zkey));
  await writeFile(join(folder, VERIFICATION_KEY), toJson(verificationKey));
  const manifest: KeyManifest = {
    size: circuit.name,
    circuitHash: circuit.hash,
    keyHash: await sha256File(zkey),
    verificationKeyHash: await sha256File(join(folder, VERIFICATION_KEY)),
    setup,
    counts: circuit.counts,
  };
  await writeFile(join(folder, MANIFEST), toJson(manifest));
}
