import type { z } from "zod";

/** What is wrong with a field, so that its name before it makes a sentence. For values that a schema itself has no words for. */
export function problemOf(issue: z.core.$ZodRawIssue): string {
  if (issue.input === undefined) return "is missing";
  switch (issue.code) {
    case "invalid_type":
      return `must be ${KINDS[issue.expected] ?? issue.expected}`;
    case "invalid_value":
      return `must be ${choice(issue.values)}`;
    case "too_small":
      return limit(issue.origin, issue.minimum, issue.inclusive === false ? ["above", ""] : ["at least", "or more"]);
    case "too_big":
      return limit(issue.origin, issue.maximum, issue.inclusive === false ? ["below", ""] : ["at most", "or fewer"]);
    case "not_multiple_of":
      return `must be a multiple of ${issue.divisor}`;
    case "unrecognized_keys":
      return `must not have ${issue.keys.map((key) => `\`${key}\``).join(", ")}`;
    case "invalid_union":
      return Array.isArray(issue["options"]) ? `must be ${choice(issue["options"])}` : "must be of another kind";
    case "invalid_format":
      return `must be in the form ${issue.pattern ?? issue.format}`;
    case "custom":
    case "invalid_element":
    case "invalid_key":
      return "is not right";
  }
}

const KINDS: Readonly<Record<string, string>> = {
  array: "a list",
  boolean: "true or false",
  int: "a whole number",
  number: "a number",
  object: "an object",
  record: "an object",
  string: "a text",
};

const choice = (values: readonly unknown[]): string => values.map((value) => JSON.stringify(value)).join(" or ");

/** Of a number, or of a length, which has no bound that it must not reach. */
function limit(origin: string, bound: number | bigint, [ofNumber, ofLength]: readonly [string, string]): string {
  if (origin === "array") return `must have ${bound} ${ofLength} entries`;
  return origin === "string" ? `must have ${bound} ${ofLength} characters` : `must be ${ofNumber} ${bound}`;
}
