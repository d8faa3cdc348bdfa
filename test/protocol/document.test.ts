import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect } from "chai";
import { ERRORS } from "../../protocol/errors.ts";
import { amountFloat, feeFloat } from "../../protocol/float.ts";
import * as packing from "../../protocol/packing.ts";
import { EXAMPLES } from "../support/protocol/documented.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const DOCUMENT = readFileSync(resolve(ROOT, "docs/protocol.md"), "utf8");

/** `<!-- example: name -->`, then a block of lines `hex  name`, `hex  name = value` or `hex  name = value = m * 10^e`. */
const BLOCKS = [...DOCUMENT.matchAll(/<!-- example: (\w+) -->\s+```text\n(.*?)```/gs)].map(([, name, lines]) => ({
  name: name!,
  lines: lines!
    .trim()
    .split("\n")
    .map((line) => /^([0-9a-f]+) +(\w+)(?: = (\d+))?(?: = (\d+) \* 10\^(\d+))?$/.exec(line) ?? [line]),
}));

describe("docs/protocol.md", () => {
  it("has every example once", () => {
    expect(BLOCKS.map(({ name }) => name)).to.have.members(Object.keys(EXAMPLES));
    expect(BLOCKS).to.have.lengthOf(DOCUMENT.split("<!-- example").length - 1);
  });

  for (const { name, lines } of BLOCKS) {
    it(`has the bits of the example ${name}, and reads them right`, () => {
      const { hex, values } = EXAMPLES[name]!;
      expect(lines.map(([, digits]) => digits).join("")).to.equal(hex);
      for (const [, digits, part, value, mantissa, exponent] of lines) {
        const bits = BigInt(`0x${digits}`);
        const expected = part === "unused" ? 0n : BigInt(values[part!]!);
        const float = part === "fee" ? feeFloat : amountFloat;
        expect(mantissa === undefined ? bits : float.decode(bits), part).to.equal(expected);
        if (value !== undefined) expect(BigInt(value), part).to.equal(expected);
        if (mantissa !== undefined) expect(BigInt(mantissa) * 10n ** BigInt(exponent!), part).to.equal(expected);
      }
    });
  }

  const { LEAF, EXIT_ACCOUNT, SIGNING_DOMAIN, TRANSFER, TRANSFER_PAYLOAD, WITHDRAWAL_PAYLOAD } = packing;
  const { NUMBERS_WORD, L1_WORD, WITHDRAWAL_WORD, ACCESS, TOUCHED_SEGMENT, TREE_NODE } = packing;
  const payloads = { LEAF, EXIT_ACCOUNT, SIGNING_DOMAIN, TRANSFER, TRANSFER_PAYLOAD, WITHDRAWAL_PAYLOAD };
  const words = { NUMBERS_WORD, L1_WORD, WITHDRAWAL_WORD };
  for (const [name, { parts }] of Object.entries({ ...payloads, ...words, ACCESS, TOUCHED_SEGMENT, TREE_NODE })) {
    it(`writes out the parts of ${name}`, () => {
      const written = (Object.entries(parts) as [string, { bits: number; offset: number }][])
        .sort(([, a], [, b]) => b.offset - a.offset)
        .map(([part, { bits }]) => `${part} ${bits}`)
        .join(" | ");
      expect(DOCUMENT.replaceAll("\\|", "|")).to.contain(written);
    });
  }

  it("has every code of the state machine in its table of rejections, and no other", () => {
    const source = readFileSync(resolve(ROOT, "protocol/errors.ts"), "utf8");
    const sections = /(\/\/ Values and operations\n.*?)\n\n {2}\/\/ Circuits/s.exec(source)![1]!;
    const codes = [...sections.matchAll(/^ {2}([A-Z_]+):/gm)].map(([, code]) => code!);
    const table = DOCUMENT.slice(DOCUMENT.indexOf("## Rejections"));
    const listed = [...table.matchAll(/^\| `([A-Z_]+)`/gm)].map(([, code]) => code!);
    expect(listed).to.have.members(codes);
    expect(Object.keys(ERRORS)).to.include.members(listed);
  });
});
