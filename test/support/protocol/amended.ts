import type { Signed, Term, Transfer, Withdrawal } from "../../../protocol/operations.ts";

type Changes = Partial<Omit<Signed<Transfer>, keyof Term>> & {
  readonly validUntil?: number;
  readonly validFrom?: number;
};

/** An operation with changes; a term among them takes the place of its own. */
export function amended<Operation extends Withdrawal>(operation: Operation, changes: Changes): Operation {
  const { validUntil, validFrom, ...rest } = operation;
  const isNew = changes.validUntil !== undefined || changes.validFrom !== undefined;
  const term = validFrom === undefined ? { validUntil } : { validFrom };
  return { ...rest, ...(isNew ? {} : term), ...changes } as unknown as Operation;
}
