import type { CircuitInput } from "./circuit.ts";

/** An input with one value changed by 1, for each value of each signal, named as the circuit does: `children[0][3]`. */
export function* changedInputs(input: CircuitInput): Generator<[name: string, changed: CircuitInput]> {
  for (const [signal, value] of Object.entries(input)) {
    for (const [name, changed] of changedValues(signal, value)) yield [name, { ...input, [signal]: changed }];
  }
}

function* changedValues(name: string, value: CircuitInput[string]): Generator<[string, CircuitInput[string]]> {
  if (typeof value !== "object") {
    yield [name, BigInt(value) + 1n];
    return;
  }
  for (const [i, element] of value.entries()) {
    for (const [inner, changed] of changedValues(`${name}[${i}]`, element)) yield [inner, value.with(i, changed)];
  }
}
