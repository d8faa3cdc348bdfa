import fc from "fast-check";
import { FIELD_ORDER } from "../../../protocol/constants.ts";

/** Any JSON, or a request in which one value, at any depth, was replaced, taken out, or given another name. */
export function damaged(requests: readonly object[]): fc.Arbitrary<unknown> {
  const junk = fc.oneof(fc.jsonValue(), fc.constantFrom(-1, 1e300, "1e3", `${FIELD_ORDER}`, "\u0000", null, [[[]]]));
  const change = fc.tuple(fc.constantFrom(...requests), fc.nat(), fc.constantFrom("replace", "remove", "rename"), junk);
  const one = change.map(([request, place, how, value]) => {
    const copy = structuredClone(request);
    const places = placesOf(copy);
    const [holder, key] = places[place % places.length]!;
    const before = holder[key];
    if (how === "replace") holder[key] = JSON.stringify(value) === JSON.stringify(before) ? { no: 1 } : value;
    else delete holder[key];
    if (how === "rename") holder[`${key}s`] = before;
    return copy;
  });
  return fc.oneof(junk, one);
}

type Holder = Record<string, unknown>;

function placesOf(value: unknown): [Holder, string][] {
  if (typeof value !== "object" || value === null) return [];
  return Object.keys(value).flatMap((key) => [[value as Holder, key], ...placesOf((value as Holder)[key])]);
}
