import { expect } from "chai";
import * as z from "zod";
import { parseFields } from "../../protocol/json-fields.ts";
import { expectCode } from "../support/errors.ts";

const text = z.string();

/** Sentences with the field's name before them: a person reads them, whatever wrote the value. */
const FAULTS: readonly [schema: z.ZodType, value: unknown, says: string][] = [
  [text, undefined, "it is missing"],
  [text, 5, "it must be a text"],
  [z.array(text), {}, "it must be a list"],
  [z.strictObject({ to: text }), [], "it must be an object"],
  [z.strictObject({ to: text }), { to: "a", fee: 1, nonce: 2 }, "it must not have `fee`, `nonce`"],
  [z.strictObject({ to: z.int() }), {}, "to is missing"],
  [z.strictObject({ to: z.int() }), { to: 1.5 }, "to must be a whole number"],
  [z.strictObject({ rows: z.array(z.int().min(1)) }), { rows: [1, 0] }, "rows[1] must be at least 1"],
  [z.int().max(9), 10, "it must be at most 9"],
  [text.min(1), "", "it must have 1 or more characters"],
  [z.array(text).max(1), ["a", "b"], "it must have 1 or fewer entries"],
  [z.enum(["native", "snarkjs"]), "wasm", 'it must be "native" or "snarkjs"'],
  [
    z.discriminatedUnion("kind", [z.object({ kind: z.literal("deposit") }), z.object({ kind: z.literal("exit") })]),
    { kind: "gift" },
    'kind must be "deposit" or "exit"',
  ],
  [z.union([text, z.int()]), null, "it must be of another kind"],
  [text.regex(/^[a-f]$/), "g", "it must be in the form /^[a-f]$/"],
  [text.regex(/^[a-f]$/, "must be a letter up to f"), "g", "it must be a letter up to f"],
];

describe("fields of JSON that are wrong", () => {
  for (const [schema, value, says] of FAULTS) {
    it(`are told in a sentence: ${says}`, async () => {
      const { message } = await expectCode("FIELD_INVALID", () => parseFields("the body", schema, value));
      expect(message).to.equal(`the body: ${says}`);
    });
  }
});
