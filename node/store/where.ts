import type { SQLInputValue } from "node:sqlite";

/** A condition with a value for each of its question marks; no condition if one of them is `undefined`. */
export type Condition = readonly [sql: string, ...values: (SQLInputValue | undefined)[]];

/** All of the conditions that there are, as one. */
export function allOf(conditions: readonly Condition[]): { readonly sql: string; readonly values: SQLInputValue[] } {
  const given = conditions.filter(
    (condition): condition is [string, ...SQLInputValue[]] => !condition.includes(undefined),
  );
  return {
    sql: given.map(([sql]) => sql).join(" AND ") || "TRUE",
    values: given.flatMap(([, ...values]) => values),
  };
}

/** Whether an operation was sent or received by one of the accounts; no condition without them. */
export function isOfOne(accounts: readonly number[] | undefined): Condition {
  const list = accounts && JSON.stringify(accounts);
  const isIn = "IN (SELECT value FROM json_each(?))";
  return [`(sender ${isIn} OR recipient ${isIn})`, list, list];
}
