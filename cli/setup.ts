import { dirname } from "node:path";
import type { Command } from "commander";
import { BATCH_SIZES } from "../protocol/constants.ts";
import { SheafError } from "../protocol/errors.ts";
import {
  ceremonyKey,
  ensureCircuit,
  ensureProvingArtifacts,
  installKey,
  type SetupKind,
} from "../prover/artifacts/artifacts.ts";
import { nameOf, type Provable } from "../prover/artifacts/provable.ts";
import { requireFolder, requireReadable } from "../prover/files/text-files.ts";
import { DEVELOPMENT_WARNING } from "../prover/setup/development.ts";
import { PTAU_HASH_WARNING, type PowersOfTau, type PowersOfTauOptions } from "../prover/setup/powers-of-tau.ts";
import { applyBeacon, contribute, startCeremony, verifyCeremony } from "../prover/setup/production.ts";
import type { Progress } from "../prover/setup/progress.ts";
import { provableNamed, provableOption, provablesNamed, provablesOption } from "./support/options.ts";
import { printResult, say, toJson } from "./support/output.ts";
import { withProgress } from "./support/progress.ts";

const PTAU = ["--ptau <file>", "powers of tau, prepared for phase 2: powersOfTau28_hez_final_<power>.ptau"] as const;
const PTAU_HASH = ["--ptau-hash <hex>", "BLAKE2b-512 that the file must have, instead of the published one"] as const;
const FROM = ["--from <file>", "key before this contribution"] as const;
const TO = ["--to <file>", "key to write"] as const;

interface SetupOptions {
  readonly sizes?: string[];
  readonly ptau?: string;
  readonly ptauHash?: string;
  readonly to?: string;
  readonly json?: true;
}

export function define(setup: Command): void {
  setup
    .addOption(provablesOption())
    .option(...PTAU)
    .option(...PTAU_HASH)
    .option("--to <file>", "first key of the ceremony (with --ptau; default: in build/ceremony)")
    .option("--json", "print JSON")
    .action(async (options: SetupOptions) => {
      // One file is for one circuit.
      const provables =
        options.to === undefined
          ? provablesNamed(options.sizes)
          : provablesNamed(options.sizes ?? [BATCH_SIZES[0]!.name]);
      await (options.ptau === undefined
        ? developmentKeys(provables, options)
        : startProductionSetup(provables, options));
    });

  setup
    .command("contribute")
    .description("contribute to a ceremony: multiplies the key by a secret that is forgotten")
    .requiredOption(...FROM)
    .requiredOption(...TO)
    .requiredOption("--name <text>", "who contributes; public")
    .option("--entropy <text>", "mixed into the system's randomness")
    .option("--json", "print JSON")
    .action(async (options: { from: string; to: string; name: string; entropy?: string; json?: true }) => {
      await runStep("contribution", options, (onProgress) => contribute({ ...options, onProgress }));
    });

  setup
    .command("beacon")
    .description("end a ceremony with a public random value that nobody could know before the last contribution")
    .requiredOption(...FROM)
    .requiredOption(...TO)
    .requiredOption("--hash <hex>", "the value")
    .option("--iterations <exponent>", "it is hashed 2^exponent times: 10 to 63", Number, 10)
    .option("--name <text>", "what the beacon is; public", "beacon")
    .option("--json", "print JSON")
    .action(
      async (options: { from: string; to: string; name: string; hash: string; iterations: number; json?: true }) => {
        const { hash, iterations: iterationsExponent, ...step } = options;
        await runStep("beacon", options, (onProgress) =>
          applyBeacon({ ...step, beacon: { hash, iterationsExponent }, onProgress }),
        );
      },
    );

  setup
    .command("verify")
    .description("verify a ceremony's key against circuit and powers of tau, and show its transcript")
    .requiredOption("--key <file>", "the key")
    .requiredOption(...PTAU)
    .option(...PTAU_HASH)
    .addOption(provableOption())
    .option("--install", "take the key as the size's production key if it is right")
    .option("--json", "print JSON")
    .action(
      async ({
        size,
        ...options
      }: {
        key: string;
        ptau: string;
        ptauHash?: string;
        size: string;
        install?: true;
        json?: true;
      }) => {
        await verifyProductionKey(provableNamed(size), options);
      },
    );
}

interface Printing {
  readonly json?: true;
}

/** Makes the development keys that are missing, and says which there are. */
async function developmentKeys(provables: readonly Provable[], { json }: Printing): Promise<void> {
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
async function runStep(
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
