import { dirname } from "node:path";
import { SheafError } from "../../protocol/errors.ts";
import {
  ceremonyKey,
  ensureCircuit,
  ensureProvingArtifacts,
  installKey,
  type SetupKind,
} from "../../prover/artifacts/artifacts.ts";
import { nameOf, type Provable } from "../../prover/artifacts/provable.ts";
import { requireFolder, requireReadable } from "../../prover/files/text-files.ts";
import { DEVELOPMENT_WARNING } from "../../prover/setup/development.ts";
import { PTAU_HASH_WARNING, type PowersOfTau, type PowersOfTauOptions } from "../../prover/setup/powers-of-tau.ts";
import { startCeremony, verifyCeremony } from "../../prover/setup/production.ts";
import type { Progress } from "../../prover/setup/progress.ts";
import { printResult, say, toJson } from "./output.ts";
import { withProgress } from "./progress.ts";

interface Printing {
  readonly json?: true;
}

/** Makes the development keys that are missing, and says which there are. */
export async function developmentKeys(provables: readonly Provable[], { json }: Printing): Promise<void> {
  const setup = "development-INSECURE";
  const keys: {
    size: string;
    setup: SetupKind;
    zkey: string;
    verificationKey: string;
    keyHash: string;
    circuitHash: string;
  }[] = [];
  for (const provable of provables) {
    const size = nameOf(provable);
    const { circuit, key } = await withProgress(`keys ${size}`, (onProgress) =>
      ensureProvingArtifacts(provable, { setup, onProgress, onNote: say }),
    );
    const { zkey, hash: keyHash, verificationKeyPath: verificationKey } = key;
    keys.push({ size, setup, zkey, verificationKey, keyHash, circuitHash: circuit.hash });
  }
  say(DEVELOPMENT_WARNING);
  printResult(json, keys, () => keys.map(({ size, zkey }) => `${size}: ${zkey}`));
}

/** Makes the first key of a ceremony for each circuit. */
export async function startProductionSetup(
  provables: readonly Provable[],
  options: Printing & { readonly ptau?: string; readonly ptauHash?: string; readonly to?: string },
): Promise<void> {
  if (options.to !== undefined && provables.length > 1) {
    throw new SheafError("USAGE", "--to names one file, so --sizes must name one size");
  }
  const powersOfTau = powersOfTauOf({ ...options, ptau: options.ptau! });
  await requireReadable(powersOfTau.path);
  if (options.to !== undefined) await requireFolder(dirname(options.to));
  const keys: { size: string; key: string; circuitHash: string; powersOfTau: Omit<PowersOfTau, "path"> }[] = [];
  for (const provable of provables) {
    const size = nameOf(provable);
    const circuit = await ensureCircuit(provable);
    const to = options.to ?? ceremonyKey(circuit, 0);
    const { power, hash, published } = await withProgress(`first key ${size}`, (onProgress) =>
      startCeremony({ circuit, powersOfTau, to, onProgress, onNote: say }),
    );
    keys.push({ size, key: to, circuitHash: circuit.hash, powersOfTau: { power, hash, published } });
  }
  say("These keys are INSECURE until somebody contributes: ./sheaf setup contribute, then beacon, then verify.");
  printResult(options.json, keys, () => keys.map(({ size, key }) => `${size}: ${key}`));
}

/** Runs a step of a ceremony, and prints the hash that its contributor is to publish. */
export async function runStep(
  name: string,
  { to, json }: Printing & { readonly to: string },
  step: (onProgress: Progress) => Promise<string>,
): Promise<void> {
  const hash = await withProgress(name, step);
  printResult(json, { key: to, contributionHash: hash }, () => [`wrote ${to}`, `BLAKE2b-512 of the ${name}: ${hash}`]);
}

/** Verifies a ceremony's key, installs it if asked to, and prints its transcript. */
export async function verifyProductionKey(
  provable: Provable,
  { key: zkey, json, install, ...files }: Printing & PtauFiles & { readonly key: string; readonly install?: true },
): Promise<void> {
  const powersOfTau = powersOfTauOf(files);
  for (const path of [zkey, powersOfTau.path]) await requireReadable(path);
  const circuit = await ensureCircuit(provable);
  const transcript = await withProgress(`verifying ${circuit.name}`, (onProgress) =>
    verifyCeremony({ circuit, powersOfTau, zkey, onProgress, onNote: say }),
  );
  if (install) {
    const { key } = await withProgress(`installing ${circuit.name}`, (onProgress) =>
      installKey(provable, { powersOfTau, zkey, onProgress, onNote: say }),
    );
    say(`installed ${key.zkey}`);
  }
  printResult(json, transcript, () => [`${zkey} is right`, ...toJson(transcript).split("\n")]);
}

interface PtauFiles {
  readonly ptau: string;
  readonly ptauHash?: string;
}

function powersOfTauOf({ ptau: path, ptauHash: hash }: PtauFiles): PowersOfTauOptions {
  if (hash === undefined) return { path };
  say(PTAU_HASH_WARNING);
  return { path, hash };
}
