// As much of an OpenAPI 3.1 document as the services' own have.

export interface OpenApi {
  readonly openapi: string;
  readonly servers?: readonly { readonly url: string }[];
  readonly components?: { readonly schemas?: Readonly<Record<string, Schema>> };
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

export interface Operation {
  readonly operationId?: string;
  readonly tags?: readonly string[];
  readonly summary: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly content?: Content }>>;
}

interface Parameter {
  readonly name: string;
  readonly in: "path" | "query";
  readonly required?: boolean;
  readonly description?: string;
  readonly schema: Schema;
}

/** By media type. */
export type Content = Readonly<Record<string, { readonly schema: Schema }>>;

/** JSON Schema. */
export interface Schema {
  /** The place of a schema with a name: what stands beside it goes before what that says. */
  readonly $ref?: string;
  readonly type?: string;
  readonly description?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
}

const SCHEMAS = "#/components/schemas/";

/** A document with those of its named schemas that its routes use, also in one another. */
export function withUsedSchemas(document: OpenApi): OpenApi {
  const all = document.components?.schemas ?? {};
  const used = new Set<string>();
  const look = (part: unknown): void => {
    for (const name of referencesIn(part)) {
      if (used.has(name)) continue;
      used.add(name);
      look(all[name]);
    }
  };
  look(document.paths);
  const schemas = Object.fromEntries(Object.entries(all).filter(([name]) => used.has(name)));
  return { ...document, components: { ...document.components, schemas } };
}

/** A document in which each use of a named schema has that schema itself. */
export function withoutReferences(document: OpenApi): OpenApi {
  const inner = (part: unknown): unknown => {
    if (Array.isArray(part)) return part.map(inner);
    if (typeof part !== "object" || part === null) return part;
    const { $ref, ...rest } = part as Schema;
    const named = $ref === undefined ? {} : document.components?.schemas?.[$ref.slice(SCHEMAS.length)];
    return Object.fromEntries(Object.entries({ ...named, ...rest }).map(([key, value]) => [key, inner(value)]));
  };
  return { ...document, paths: inner(document.paths) as OpenApi["paths"] };
}

function* referencesIn(part: unknown): Generator<string> {
  if (typeof part !== "object" || part === null) return;
  for (const [key, value] of Object.entries(part)) {
    if (key === "$ref") yield (value as string).slice(SCHEMAS.length);
    else yield* referencesIn(value);
  }
}
