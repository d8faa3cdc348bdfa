import swagger from "@fastify/swagger";
import fastify, { LogController, type FastifyBaseLogger, type FastifyInstance, type FastifyReply } from "fastify";
import { jsonSchemaTransform, jsonSchemaTransformObject, serializerCompiler } from "fastify-type-provider-zod";
import type { z } from "zod";
import { SheafError } from "../protocol/errors.ts";
import { parseFields } from "../protocol/json-fields.ts";
import { answerClientError, failureOf, statusOf } from "./failures.ts";
import { withUsedSchemas, type OpenApi } from "./openapi.ts";

export interface HttpServerOptions {
  readonly title: string;
  readonly description?: string;
  /** Whether a token is asked for: the document says so. */
  readonly hasToken?: boolean;
  readonly log: FastifyBaseLogger;
  /** Bytes of a JSON body. */
  readonly maxBody: number;
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
  const { title, description, hasToken = false, log, maxBody, proxies } = options;
  const { requestTimeout = 0, connectionTimeout = 0 } = options;
  const app = fastify({
    loggerInstance: log,
    bodyLimit: maxBody,
    trustProxy: proxies === undefined ? false : [...proxies],
    requestTimeout,
    connectionTimeout,
    logController: new LogController({ disableRequestLogging: true }),
    forceCloseConnections: true,
    clientErrorHandler: answerClientError,
    // A path that cannot be decoded, or is too long: found before there are routes.
    frameworkErrors: (error, request, reply) => void sendFailure(reply, failureOf(error, request.id)),
  });
  app.setValidatorCompiler(({ schema, httpPart }) => (data: unknown) => {
    try {
      return { value: parseFields(httpPart ?? "request", schema as z.ZodType, data) };
    } catch (error) {
      return { error: error as Error };
    }
  });
  app.setSerializerCompiler(serializerCompiler);
  handleErrors(app);
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
  app.get("/openapi.json", { schema: { hide: true } }, async () => app.swagger());
  return app;
}

function sendFailure(reply: FastifyReply, error: SheafError): FastifyReply {
  const { code, message, fix } = error;
  // What is left of a refused body is not read.
  if (code === "BODY_TOO_LARGE") void reply.header("connection", "close");
  return reply.code(statusOf(error)).type("application/json").serializer(JSON.stringify).send({ code, message, fix });
}

function handleErrors(app: FastifyInstance): void {
  app.setErrorHandler((error, request, reply) => {
    const failure = failureOf(error, request.id);
    const details = { request: request.id, method: request.method, url: request.url, code: failure.code };
    if (statusOf(failure) >= 500) request.log.error({ ...details, err: error }, failure.message);
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
