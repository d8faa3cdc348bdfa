/** JSON in which a bigint is a decimal string. */
export function bigintJson(value: unknown, indentation?: number): string {
  return JSON.stringify(value, (_, part: unknown) => (typeof part === "bigint" ? String(part) : part), indentation);
}
