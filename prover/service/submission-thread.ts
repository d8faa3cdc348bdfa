import { move, transferableSymbol, valueSymbol } from "piscina";
import { SheafError } from "../../protocol/errors.ts";
import { parseFields } from "../../protocol/json-fields.ts";
import type { Groth16Proof } from "../prover.ts";
import { inputText } from "./input-text.ts";
import * as schemas from "./schemas.ts";
import type { ReadSubmission, Reading } from "./submissions.ts";

/** Runs in a thread of its own. What it says is handed over, not copied: it may be as large as what it was given. */
export default function read(body: Uint8Array): Reading | ReturnType<typeof move> {
  try {
    const submission = submissionIn(new TextDecoder().decode(body));
    if (submission.kind === "batch") return { submission };
    return move({
      [transferableSymbol]: [submission.input.buffer],
      [valueSymbol]: { submission },
    } as never);
  } catch (error) {
    if (!(error instanceof SheafError)) throw error;
    return { failure: { code: error.code, message: error.message } };
  }
}

function submissionIn(text: string): ReadSubmission {
  const submission = parseFields("the body", schemas.submission, parseJson(text));
  if (submission.kind === "batch") return submission;
  const { kind, program, inputs, publicSignals, order, refused } = submission;
  return {
    ...{ kind, program, order },
    input: inputText(inputs),
    publicSignals: publicSignals.map((number) => `${BigInt(number)}`),
    refused: refused as Groth16Proof | undefined,
  };
}

function parseJson(text: string): unknown {
  if (text === "") throw new SheafError("JSON_MALFORMED", "the body is empty");
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new SheafError("JSON_MALFORMED", `the body is no JSON: ${(error as Error).message}`);
  }
}
