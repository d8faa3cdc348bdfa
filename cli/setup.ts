import type { Command } from "commander";
import { BATCH_SIZES } from "../protocol/constants.ts";
import { provableNamed, provableOption, provablesNamed, provablesOption } from "./support/sizes.ts";

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
      const { startProductionSetup, developmentKeys } = await import("./support/setup.ts");
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
      const { contribute } = await import("../prover/setup/production.ts");
      const { runStep } = await import("./support/setup.ts");
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
        const { applyBeacon } = await import("../prover/setup/production.ts");
        const { runStep } = await import("./support/setup.ts");
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
        const { verifyProductionKey } = await import("./support/setup.ts");
        await verifyProductionKey(provableNamed(size), options);
      },
    );
}
