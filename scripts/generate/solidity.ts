import { keccak256 } from "ethers";
import {
  BITS,
  BLOB_ORDER,
  EVALUATION_WORD_BITS,
  FIELD_ORDER,
  KIND,
  PROTOCOL_NAME,
  PROTOCOL_VERSION,
  TREE_ARITY,
  TREE_ARITY_BITS,
  TREE_LEVELS,
} from "../../protocol/constants.ts";
import { EXIT_ACCOUNT, L1_WORD, LEAF, NUMBERS_WORD, WITHDRAWAL_WORD, type Packing } from "../../protocol/packing.ts";
import { EMPTY_NODES } from "../../protocol/tree.ts";
import { layoutOf } from "../../protocol/words.ts";
import { creationCode, hasherCode } from "./hasher/hasher.ts";

/** The text of `contracts/generated/Constants.sol`. */
export function solidityConstants(): string {
  const sections = [
    [
      constant(
        "FIELD_ORDER",
        FIELD_ORDER,
        "Order of BN254's scalar field: words, roots, keys and public inputs are below it.",
      ),
      `string constant PROTOCOL_NAME = "${PROTOCOL_NAME}";`,
      constant("PROTOCOL_VERSION", PROTOCOL_VERSION),
      constant("DOMAIN_MODULUS", (1n << BigInt(BITS.domain)) - 1n, "A domain is below this."),
      constant("GENESIS_ROOT", EMPTY_NODES[TREE_LEVELS]!, "Root of the empty state tree."),
      constant("AMOUNT_BITS", BITS.balance, "Width of the amount of a deposit or a withdrawal."),
    ],
    [
      constant("TREE_LEVELS", TREE_LEVELS, "The state tree."),
      constant("TREE_ARITY", TREE_ARITY),
      constant("TREE_ARITY_BITS", TREE_ARITY_BITS),
      `bytes32 constant HASHER_CREATION_CODE_HASH = ${keccak256(creationCode(hasherCode()))};`,
    ],
    Object.entries(KIND).map(([name, value]) => constant(`KIND_${screaming(name)}`, value)),
    placesOfWords(),
    packedWord("NUMBERS", NUMBERS_WORD),
    packedWord("L1_OPERATION", L1_WORD),
    packedWord("WITHDRAWAL", WITHDRAWAL_WORD),
    shifts("EXIT_ACCOUNT", EXIT_ACCOUNT),
    shifts("LEAF", LEAF),
  ];
  return [
    "// SPDX-License-Identifier: GPL-3.0-only",
    "pragma solidity 0.8.37;",
    "",
    "// Generated from protocol/ by `npm run generate`. Do not edit.",
    "",
    ...sections.flatMap((lines) => [...lines, ""]),
  ].join("\n");
}

/** Byte offsets of the header's words, length of a row of each kind, and offsets within a row. */
function placesOfWords(): string[] {
  const layout = layoutOf({ transfers: 2, l1Operations: 1, withdrawals: 1 });
  const place = (name: string): { offset: number; bytes: number } => {
    const word = layout.find((word) => word.name === name);
    if (word === undefined) throw new Error(`no published word is named ${name}`);
    return word;
  };
  const offset = (name: string): number => place(name).offset;
  const l1Row = offset("l1Operations[0].word");
  const withdrawalRow = offset("withdrawals[0].word");
  const transfers = place("transfers[0, 1]");
  const wordsOf = (row: string): number => layout.filter(({ name }) => name.startsWith(row)).length;
  return [
    constant("DOMAIN_OFFSET", offset("domain"), "Published words: offsets and lengths in bytes."),
    constant("OLD_ROOT_OFFSET", offset("oldRoot")),
    constant("NEW_ROOT_OFFSET", offset("newRoot")),
    constant("NUMBERS_OFFSET", offset("numbers")),
    constant("L1_OPERATIONS_OFFSET", l1Row),
    constant("L1_OPERATION_BYTES", withdrawalRow - l1Row),
    constant("L1_OPERATION_WORDS", wordsOf("l1Operations[0]")),
    constant("L1_OPERATION_KEY_OFFSET", offset("l1Operations[0].pubKeyY") - l1Row, "Within an L1 operation's row."),
    constant("L1_OPERATION_AMOUNT_OFFSET", offset("l1Operations[0].amount") - l1Row),
    constant("WITHDRAWAL_BYTES", transfers.offset - withdrawalRow),
    constant("WITHDRAWAL_WORDS", wordsOf("withdrawals[0]")),
    constant("WITHDRAWAL_AMOUNT_OFFSET", offset("withdrawals[0].amount") - withdrawalRow, "Within a withdrawal's row."),
    constant("EVALUATION_WORD_BITS", EVALUATION_WORD_BITS, "Of a blob's value there are three in the circuit."),
    constant("TRANSFERS_BYTES", transfers.bytes, "A word of two transfers."),
    constant("BLOB_ORDER", BLOB_ORDER, "Order of BLS12-381's scalar field: a blob is a polynomial over it."),
  ];
}

function packedWord<Name extends string>(word: string, packing: Packing<Name>): string[] {
  return [constant(`${word}_WORD_BITS`, packing.bits), ...shifts(word, packing)];
}

function shifts<Name extends string>(packed: string, packing: Packing<Name>): string[] {
  const parts = Object.entries(packing.parts) as [string, { bits: number; offset: number }][];
  return parts.map(([name, { offset }]) => constant(`${packed}_${screaming(name)}_SHIFT`, offset));
}

function constant(name: string, value: bigint | number, note?: string): string {
  const line = `uint256 constant ${name} = ${value};`;
  return note === undefined ? line : `// ${note}\n${line}`;
}

const screaming = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
