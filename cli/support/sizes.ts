import { Option } from "commander";
import { BATCH_SIZES, type BatchSize } from "../../protocol/constants.ts";
import { SheafError } from "../../protocol/errors.ts";
import { EXIT, type Provable } from "../../prover/artifacts/provable.ts";

const NAMES = BATCH_SIZES.map(({ name }) => name).join(", ");
const DEFAULT_PROVABLES = [BATCH_SIZES[0]!.name, EXIT];

/** `--size <name>`, by default the smallest. */
export function sizeOption(): Option {
  return new Option("--size <name>", `batch size: ${NAMES}`).default(BATCH_SIZES[0]!.name);
}

/** `--sizes <names…>`, by default the smallest alone. */
export function sizesOption(): Option {
  return new Option("--sizes <names...>", `batch sizes: ${NAMES}`).default([BATCH_SIZES[0]!.name]);
}

/** As `sizeOption`, for what also the exit circuit has. */
export function provableOption(): Option {
  return new Option("--size <name>", `batch size: ${NAMES}; or ${EXIT}`).default(BATCH_SIZES[0]!.name);
}

/** As `sizesOption`, for what also the exit circuit has. */
export function provablesOption(): Option {
  return new Option(
    "--sizes <names...>",
    `batch sizes: ${NAMES}; or ${EXIT} (default: ${DEFAULT_PROVABLES.join(", ")})`,
  );
}

/** A batch size or the exit. Throws `SIZE_UNKNOWN`. */
export const provableNamed = (wanted: string): Provable => (wanted === EXIT ? EXIT : sizeNamed(wanted));

/** As `sizesNamed`, and the exit at the end if it is named. Of all there is by default: the smallest size and the exit. */
export function provablesNamed(wanted: readonly string[] = DEFAULT_PROVABLES): readonly Provable[] {
  const names = wanted.flatMap((list) => list.split(","));
  const sizes = sizesNamed(names.filter((name) => name !== EXIT));
  return names.includes(EXIT) ? [...sizes, EXIT] : sizes;
}

/** Throws `SIZE_UNKNOWN`. */
export function sizeNamed(wanted: string): BatchSize {
  const size = BATCH_SIZES.find(({ name }) => name === wanted);
  if (size === undefined) throw new SheafError("SIZE_UNKNOWN", `there is no batch size ${wanted}`);
  return size;
}

/** The sizes of these names, also separated by commas, in the order of `BATCH_SIZES`. */
export function sizesNamed(wanted: readonly string[]): readonly BatchSize[] {
  const sizes = new Set(wanted.flatMap((names) => names.split(",")).map(sizeNamed));
  return BATCH_SIZES.filter((size) => sizes.has(size));
}
