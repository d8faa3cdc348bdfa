import { Option } from "commander";
import { BATCH_SIZES, type BatchSize } from "../../protocol/constants.ts";
import { SheafError } from "../../protocol/errors.ts";

const NAMES = BATCH_SIZES.map(({ name }) => name).join(", ");

/** `--size <name>`, by default the smallest. */
export function sizeOption(): Option {
  return new Option("--size <name>", `batch size: ${NAMES}`).default(BATCH_SIZES[0]!.name);
}

/** `--sizes <names…>`, by default the smallest alone. */
export function sizesOption(): Option {
  return new Option("--sizes <names...>", `batch sizes: ${NAMES}`).default([BATCH_SIZES[0]!.name]);
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
