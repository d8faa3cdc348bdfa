import {
  BITS,
  BLOB_ORDER,
  ELEMENT_BITS,
  EVALUATION_WORDS,
  SEGMENT_LEVELS,
  SPONGE_RATE,
  TREE_LEVELS,
} from "../../protocol/constants.ts";
import * as packing from "../../protocol/packing.ts";

/** The Circom copy of the protocol's numbers: a function each, `INDEX_BITS()` or `LEAF_TOKEN()` (an offset in bits). */
export function circomConstants(): string {
  const widths = Object.entries(BITS).map(([name, bits]) => [`${constantCase(name)}_BITS`, bits] as const);
  // The module's one other export is the class itself.
  const packings = Object.entries(packing).flatMap(([name, exported]) =>
    exported instanceof packing.Packing ? [[name, exported] as const] : [],
  );
  const offsets = packings.flatMap(([name, { parts }]) =>
    Object.entries(parts).map(([part, { offset }]) => [`${name}_${constantCase(part)}`, offset] as const),
  );
  const totals = packings.map(([name, { bits }]) => [`${name}_WIDTH`, bits] as const);
  const numbers = [
    ...Object.entries({ TREE_LEVELS, SEGMENT_LEVELS, SPONGE_RATE, ELEMENT_BITS, EVALUATION_WORDS }),
    ...widths,
  ];
  return [
    "// Generated from protocol/constants.ts and protocol/packing.ts by `npm run generate`.",
    "pragma circom 2.2.0;",
    "",
    ...numbers.map(circomFunction),
    "",
    "// Order of BLS12-381's scalar field, which is above this field's: its lowest 136 bits, and the others.",
    circomFunction(["BLOB_ORDER_LOW", BLOB_ORDER % 2n ** 136n]),
    circomFunction(["BLOB_ORDER_HIGH", BLOB_ORDER / 2n ** 136n]),
    "",
    "// Offsets in bits of the parts of packed elements.",
    ...offsets.map(circomFunction),
    "",
    "// Widths in bits of packed elements.",
    ...totals.map(circomFunction),
    "",
  ].join("\n");
}

const circomFunction = ([name, value]: readonly [string, number | bigint]): string =>
  `function ${name}() { return ${value}; }`;

/** `l1Address` → `L1_ADDRESS`. */
export const constantCase = (name: string): string => name.replace(/[A-Z]/g, "_$&").toUpperCase();
