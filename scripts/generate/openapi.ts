import type { Content, OpenApi, Operation, Schema } from "../../http/openapi.ts";

/** Every route of a document in Markdown. What was described before is referred to. */
export function describeRoutes({ paths }: OpenApi): string {
  const described = new Map<string, string>();
  const routes = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) =>
      describeRoute(`${method.toUpperCase()} ${path}`, operation, described),
    ),
  );
  return routes.join("\n\n");
}

function describeRoute(name: string, operation: Operation, described: Map<string, string>): string {
  const { summary, parameters = [], requestBody, responses } = operation;
  const asked = parameters.map((parameter) =>
    rowOf(`${parameter.name} (${parameter.in})`, parameter.schema, parameter.required ?? false, parameter.description),
  );
  const answers = Object.entries(responses).filter(([status]) => status.startsWith("2"));
  const parts = answers.map(([status, { content }]) => [`Answers ${status}`, content] as const);
  const bodies = [["Body", requestBody?.content] as const, ...parts].flatMap(([title, content]) =>
    content === undefined ? [] : [describeContent(title, content, name, described)],
  );
  return [`### ${name}`, `${summary}.`, ...(asked.length > 0 ? [table(asked)] : []), ...bodies].join("\n\n");
}

function describeContent(title: string, content: Content, name: string, described: Map<string, string>): string {
  const parts = Object.entries(content).map(([type, { schema }]) => {
    if (type !== "application/json") return `${title}: ${type}.`;
    const known = described.get(JSON.stringify(schema));
    if (known !== undefined) return `${title}: as ${known}.`;
    const rows = fieldsOf(schema, "", described);
    described.set(JSON.stringify(schema), title === "Body" ? `the body of ${name}` : name);
    return rows.length === 0 ? `${title}: ${typeOf(schema)}.` : `${title}:\n\n${table(rows)}`;
  });
  return parts.join("\n\n");
}

type Row = readonly [name: string, type: string, description: string];

/** The fields of an object, of an array's items, or of each option, inner ones after the one that they are in. */
function fieldsOf(schema: Schema, prefix: string, described: ReadonlyMap<string, string>): readonly Row[] {
  const options = optionsOf(schema).filter(({ type }) => type !== "null");
  if (options.length > 1) return merged(options.map((option) => fieldsOf(option, prefix, described)));
  const only = options[0] ?? schema;
  if (only.type === "array") return fieldsOf(only.items!, `${prefix}[]`, described);
  return Object.entries(only.properties ?? {}).flatMap(([field, part]) => {
    const path = prefix === "" ? field : `${prefix}.${field}`;
    const isRequired = only.required?.includes(field) ?? false;
    const known = described.get(JSON.stringify(part.type === "array" ? part.items : part));
    if (known !== undefined && part.type !== "string") return [rowOf(path, part, isRequired, `as ${known}`)];
    return [rowOf(path, part, isRequired), ...fieldsOf(part, path, described)];
  });
}

/** Rows of several options, each field once. */
function merged(options: readonly (readonly Row[])[]): readonly Row[] {
  const rows = Map.groupBy(options.flat(), ([name]) => name);
  return [...rows].map(([name, same]) => {
    const types = [...new Set(same.map(([, type]) => type))].join(" or ");
    return [name, same.length < options.length ? `${types}, of some kinds` : types, same[0]![2]];
  });
}

const optionsOf = ({ anyOf, oneOf }: Schema): readonly Schema[] => anyOf ?? oneOf ?? [];

function rowOf(name: string, schema: Schema, isRequired: boolean, description = schema.description ?? ""): Row {
  return [`\`${name}\``, `${typeOf(schema)}${isRequired ? "" : ", optional"}`, description];
}

function typeOf(schema: Schema): string {
  const { type, enum: values, const: value, minimum, maximum, items } = schema;
  const options = optionsOf(schema);
  if (options.length > 0) return [...new Set(options.map(typeOf))].join(" or ");
  if (value !== undefined) return `"${String(value)}"`;
  if (values !== undefined) return values.map((each) => `"${String(each)}"`).join(" or ");
  if (type === "array") return `array of ${typeOf(items!)}`;
  const isBounded = type === "integer" && maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER;
  const initial = schema.default === undefined ? "" : `, default ${String(schema.default)}`;
  return isBounded ? `integer ${minimum} to ${maximum}${initial}` : `${type ?? "any"}${initial}`;
}

function table(rows: readonly Row[]): string {
  const lines = rows.map((row) => `| ${row.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`);
  return ["| field | type | |", "| --- | --- | --- |", ...lines].join("\n");
}
