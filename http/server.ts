import cors from "@fastify/cors";
import rateLimit from "@fastify/rate-limit";
import swagger from "@fastify/swagger";
import fastify, {
  LogController,
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from "fastify";
import { jsonSchemaTransform, jsonSchemaTransformObject, serializerCompiler } from "fastify-type-provider-zod";
import type { z } from "zod";
import { SheafError } from "../protocol/errors.ts";
import { parseFields } from "../protocol/json-fields.ts";
import { clientKey } from "./client-key.ts";
import { boundedServers, type ConnectionLimits } from "./connections.ts";
import { answerClientError, failureOf, statusOf } from "./failures.ts";
import { withUsedSchemas, type OpenApi } from "./openapi.ts";
import { isProxyOf } from "./proxies.ts";

/** Fastify's names for the parts of a request, as a message calls them. */
const PARTS: Readonly<Record<string, string>> = {
  body: "the body",
  headers: "the headers",
  params: "the path",
  querystring: "the query",
};

/** What one client may take of a server, whatever it asks for. */
export interface ClientLimits {
  /** Requests of a client in so many seconds. */
  readonly requests: { readonly max: number; readonly perSeconds: number };
  readonly connections: ConnectionLimits;
}

export interface HttpServerOptions {
  readonly title: string;
  readonly description?: string;
  /** Whether a token is asked for: the document says so. */
  readonly hasToken?: boolean;
  readonly log: FastifyBaseLogger;
  /** Bytes of a JSON body. */
  readonly maxBody: number;
  readonly limits: ClientLimits;
  /** Origins of pages that may ask, or `"*"` for all. Default: none. */
  readonly origins?: "*" | readonly string[] | undefined;
  /** Addresses and networks of proxies whose word on who the client is (X-Forwarded-For) counts. Default: none. */
  readonly proxies?: readonly string[] | undefined;
  /** Milliseconds that a request may take to come in. Default: any. */
  readonly requestTimeout?: number | undefined;
  /** Milliseconds without a byte in either direction, after which a connection is cut off. Default: any. */
  readonly connectionTimeout?: number | undefined;
}

/**
 * A server of which the routes' schemas are zod's: they check requests, shape answers, and make the OpenAPI document at
 * `/openapi.json`. Errors are coded, and tell nothing of the machine.
 */
export async function makeHttpServer(options: HttpServerOptions): Promise<FastifyInstance> {
  const { title, description, hasToken = false, log, maxBody, proxies = [], limits, origins } = options;
  const { requestTimeout = 0, connectionTimeout = 0 } = options;
  const isProxy = isProxyOf(proxies);
  const app = fastify({
    loggerInstance: log,
    bodyLimit: maxBody,
    trustProxy: isProxy,
    serverFactory: boundedServers(
      limits.connections,
      { request: requestTimeout, silence: connectionTimeout },
      isProxy,
      answerClientError,
    ),
    logController: new LogController({ disableRequestLogging: true }),
    forceCloseConnections: true,
    // A path that cannot be decoded, or is too long: found before there are routes, and hooks.
    frameworkErrors: (error, request, reply) => {
      const refuse = (failure: SheafError): void => void sendFailure(reply, failure);
      limit(request, reply).then(() => refuse(failureOf(error, request.id)), refuse);
    },
  });
  // First: the routes of plugins have it too.
  handleErrors(app);
  const limit = await requestLimit(app, limits.requests);
  // The next hook answers preflights.
  app.addHook("onRequest", async (request, reply) => {
    if (request.method === "OPTIONS") await limit(request, reply);
  });
  // Before the other limit: a page may read that it was refused.
  if (origins !== undefined) await app.register(cors, { origin: origins === "*" ? origins : [...origins] });
  app.addHook("onRequest", limit);
  app.addHook("onRequest", requireHost);
  app.setValidatorCompiler(({ schema, httpPart }) => (data: unknown) => {
    try {
      return { value: parseFields(PARTS[httpPart ?? ""] ?? "the request", schema as z.ZodType, data) };
    } catch (error) {
      return { error: error as Error };
    }
  });
  app.setSerializerCompiler(serializerCompiler);
  app.removeContentTypeParser("text/plain");
  const license = { name: "GPL-3.0-only", identifier: "GPL-3.0-only" };
  const info = { title, version: "1", license, ...(description !== undefined && { description }) };
  // Whatever serves the document serves the routes too.
  const servers = [{ url: "/" }];
  const security = hasToken ? [{ token: [] }] : [];
  const components = hasToken ? { securitySchemes: { token: { type: "http", scheme: "bearer" } as const } } : {};
  await app.register(swagger, {
    openapi: { openapi: "3.1.0", info, servers, security, components },
    transform: jsonSchemaTransform,
    // Schemas with an id, of all that are loaded, those that this document speaks of.
    transformObject: (document) => withUsedSchemas(jsonSchemaTransformObject(document) as OpenApi),
  });
  let document: Buffer | undefined;
  app.get("/openapi.json", { schema: { hide: true } }, async (_, reply) => {
    // Once: whoever asks again gets the same bytes.
    document ??= Buffer.from(JSON.stringify(app.swagger()));
    return reply.type("application/json; charset=utf-8").send(document);
  });
  return app;
}

type Limit = (request: FastifyRequest, reply: FastifyReply) => Promise<void>;

/** Counts a request, once, and refuses it if its client has asked too much, with `RATE_LIMITED`. */
async function requestLimit(app: FastifyInstance, { max, perSeconds }: ClientLimits["requests"]): Promise<Limit> {
  await app.register(rateLimit, {
    // Not for each route: requests for unknown routes and malformed paths count too.
    global: false,
    max,
    keyGenerator: ({ ip }) => clientKey(ip),
    timeWindow: perSeconds * 1000,
    errorResponseBuilder: (_, { max, after }) =>
      new SheafError("RATE_LIMITED", `more than ${max} requests in ${perSeconds} s; wait ${after}`),
  });
  const limit = app.rateLimit();
  return async (request, reply) => void (await limit.call(app, request, reply));
}

/** RFC 9112, 3.2: the library would answer without a code. */
async function requireHost({ headers, raw }: FastifyRequest): Promise<void> {
  if (headers.host !== undefined || raw.httpVersion !== "1.1") return;
  throw new SheafError("FIELD_INVALID", "the request has no Host header, which HTTP/1.1 asks for");
}

function sendFailure(reply: FastifyReply, error: SheafError): FastifyReply {
  const { code, message, fix } = error;
  // The rest of a refused body is not read.
  if (code === "BODY_TOO_LARGE") void reply.header("connection", "close");
  return reply.code(statusOf(error)).type("application/json").serializer(JSON.stringify).send({ code, message, fix });
}

function handleErrors(app: FastifyInstance): void {
  app.setErrorHandler((error, request, reply) => {
    const failure = failureOf(error, request.id);
    const details = { request: request.id, method: request.method, url: request.url, code: failure.code };
    if (statusOf(failure) >= 500) request.log.error({ ...details, err: error }, failure.message);
    // Whoever asks too much does not fill the log with it.
    else if (failure.code === "RATE_LIMITED") request.log.debug(details, failure.message);
    else request.log.info(details, failure.message);
    return sendFailure(reply, failure);
  });
  const routes: { readonly method: string; readonly pattern: RegExp }[] = [];
  app.addHook("onRoute", ({ method, url }) => {
    if (url.includes("*")) return;
    const pattern = new RegExp(`^${url.replaceAll(".", "\\.").replace(/:\w+/g, "[^/]+")}$`);
    for (const name of [method].flat()) routes.push({ method: name, pattern });
  });
  app.setNotFoundHandler(({ method, url }, reply) => {
    const [path] = url.split("?");
    const allowed = [...new Set(routes.filter(({ pattern }) => pattern.test(path!)).map((route) => route.method))];
    const what = `there is no ${method} ${url.slice(0, 100)}`;
    if (allowed.length === 0) return sendFailure(reply, new SheafError("ROUTE_UNKNOWN", what));
    void reply.header("allow", allowed.join(", "));
    return sendFailure(reply, new SheafError("METHOD_NOT_ALLOWED", `${what}, but ${allowed.join(", ")}`));
  });
}
