import { expect } from "chai";
import { type ErrorCode, SheafError } from "../../protocol/errors.ts";

/** Expects a `SheafError` with this code; returns it. */
export async function expectCode(code: ErrorCode, action: () => unknown): Promise<SheafError> {
  const error = await Promise.resolve()
    .then(action)
    .then(
      () => undefined,
      (reason: unknown) => reason,
    );
  expect(error, `expected ${code}`).to.be.instanceOf(SheafError);
  expect(error).to.have.property("code", code);
  return error as SheafError;
}
