import { bigintJson } from "../../lib/json.ts";
import type { WitnessInput } from "../prover.ts";

/** An input as JSON in UTF-8, the same text for the same input. */
export function inputText(input: WitnessInput): Uint8Array<ArrayBuffer> {
  const names = Object.keys(input).sort();
  return new TextEncoder().encode(bigintJson(Object.fromEntries(names.map((name) => [name, input[name]]))));
}
