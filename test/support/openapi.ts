import fc, { type Arbitrary } from "fast-check";
import type { Operation, Schema } from "../../http/openapi.ts";

export interface Request {
  readonly method: "GET" | "POST";
  readonly url: string;
  readonly headers?: Record<string, string>;
  readonly payload?: string;
}

/** Any request of an operation: most are as the document wants them, others have something else in some places. */
export function requestsOf(method: string, path: string, operation: Operation): Arbitrary<Request> {
  const { parameters = [], requestBody } = operation;
  const values = parameters.map(({ name, in: place, required = false, schema }) => {
    const text = sloppy(schema, fc.string({ maxLength: 200 })).map((value) =>
      typeof value === "object" ? JSON.stringify(value) : String(value),
    );
    return fc.record({
      name: fc.constant(name),
      place: fc.constant(place),
      value: required ? text : fc.option(text, { freq: 2 }),
    });
  });
  const stray = fc.option(fc.tuple(fc.string({ minLength: 1, maxLength: 20 }), fc.string()), { freq: 10 });
  const schema = requestBody?.content["application/json"]?.schema;
  const json = schema === undefined ? fc.constant(undefined) : bodies(schema);
  return fc.tuple(fc.tuple(...values), stray, json).map(([given, extra, payload]) => {
    const search = new URLSearchParams(extra === null ? [] : [extra]);
    let url = path;
    for (const { name, place, value } of given) {
      if (value === null) continue;
      if (place === "path") url = url.replace(`{${name}}`, encodeURIComponent(value.toWellFormed()));
      else search.append(name, value.toWellFormed());
    }
    return {
      method: method.toUpperCase() as Request["method"],
      url: search.size > 0 ? `${url}?${search}` : url,
      ...(payload !== undefined && { payload, headers: { "content-type": "application/json" } }),
    };
  });
}

const bodies = (schema: Schema): Arbitrary<string> =>
  fc.oneof(
    { weight: 8, arbitrary: sloppy(schema, fc.jsonValue()).map((value) => JSON.stringify(value)) },
    { weight: 1, arbitrary: fc.json() },
    { weight: 1, arbitrary: fc.string() },
  );

/** Values of a schema, with others in some places. */
function sloppy(schema: Schema, others: Arbitrary<unknown>): Arbitrary<unknown> {
  return fc.oneof({ weight: 12, arbitrary: valuesOf(schema, others) }, { weight: 1, arbitrary: others });
}

function valuesOf(schema: Schema, others: Arbitrary<unknown>): Arbitrary<unknown> {
  const inner = (part: Schema): Arbitrary<unknown> => sloppy(part, others);
  const options = schema.anyOf ?? schema.oneOf;
  if (options !== undefined) return fc.oneof(...options.map(inner));
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  if (schema.type === "array") return fc.array(inner(schema.items!), { maxLength: 3 });
  if (schema.type === "boolean") return fc.boolean();
  if (schema.type === "string") {
    return schema.pattern === undefined ? fc.string() : fc.stringMatching(new RegExp(schema.pattern));
  }
  if (schema.type === "integer" || schema.type === "number") {
    const { minimum = 0, maximum = Number.MAX_SAFE_INTEGER } = schema;
    const few = Math.min(maximum, minimum + 70);
    return fc.oneof(fc.integer({ min: minimum, max: few }), fc.bigInt(BigInt(minimum), BigInt(maximum)).map(Number));
  }
  if (schema.type !== "object") return others;
  const { properties = {}, required = [] } = schema;
  const fields = Object.fromEntries(Object.entries(properties).map(([name, part]) => [name, inner(part)]));
  return fc.record(fields, { requiredKeys: [...required] });
}
