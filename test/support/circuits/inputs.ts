import type { CircuitInput } from "./circuit.ts";

/** An input with one value changed by 1, for each value of each signal. */
export function* changedInputs(input: CircuitInput): Generator<[signal: string, changed: CircuitInput]> {
  for (const [signal, value] of Object.entries(input)) {
    for (const changed of changedValues(value)) yield [signal, { ...input, [signal]: changed }];
  }
}

function* changedValues(value: CircuitInput[string]): Generator<CircuitInput[string]> {
  if (typeof value !== "object") {
    yield BigInt(value) + 1n;
    return;
  }
  for (const [i, element] of value.entries()) {
    for (const changed of changedValues(element)) yield value.with(i, changed);
  }
}

/** So many items, drawn with `below`, or all if there are no more. */
export function sample<T>(items: readonly T[], count: number, below: (bound: bigint) => bigint): T[] {
  if (items.length <= count) return [...items];
  return Array.from({ length: count }, () => items[Number(below(BigInt(items.length)))]!);
}
