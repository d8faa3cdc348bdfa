import type { WitnessInput } from "../prover.ts";

/** An input as JSON in UTF-8, the same text for the same input. */
export function inputText(input: WitnessInput): Uint8Array<ArrayBuffer> {
  const names = Object.keys(input).sort();
  const text = JSON.stringify(Object.fromEntries(names.map((name) => [name, input[name]])), (_, value: unknown) =>
    typeof value === "bigint" ? String(value) : value,
  );
  return new TextEncoder().encode(text);
}
