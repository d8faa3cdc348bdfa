import type { FastifyInstance, FastifyReply } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import { pino } from "pino";
import { routes, streams, type Route, type RouteName } from "../../api/routes.ts";
import { contentOf, FAILURES } from "../../http/answers.ts";
import type { OpenApi } from "../../http/openapi.ts";
import { makeHttpServer } from "../../http/server.ts";
import { SheafError } from "../../protocol/errors.ts";
import type { Handlers } from "./handlers.ts";
import { DEFAULT_LIMITS } from "./limits.ts";

export const API_TITLE = "Sheaf node";

interface Client {
  readonly ip: string;
}

/** What answers the routes that answer something else than JSON. */
export interface RawHandlers {
  events(client: Client, reply: FastifyReply): Promise<void>;
  transactionEvents(client: Client & { readonly params: { readonly id: string } }, reply: FastifyReply): Promise<void>;
  /** Where the metrics are part of the API. */
  readonly metrics?: ((client: Client, reply: FastifyReply) => Promise<string>) | undefined;
}

/** Adds the API's routes, each with what the OpenAPI document says of it. */
export async function addRoutes(app: FastifyInstance, handlers: Handlers, raw: RawHandlers): Promise<void> {
  await app.register(async (scope) => {
    const add = <Name extends RouteName>(name: Name): void => addRoute(scope, name, handlers[name]);
    for (const name of Object.keys(routes) as RouteName[]) add(name);
    const typed = scope.withTypeProvider<ZodTypeProvider>();
    const { events, transactionEvents } = streams;
    const streamed = contentOf("text/event-stream", "transaction, batch, progress and state events");
    // A request for the head of a stream would wait for its end.
    const exposeHeadRoute = false;
    typed.get(
      events.path,
      { exposeHeadRoute, schema: { ...about("events", events.path), summary: events.summary, response: streamed } },
      raw.events,
    );
    const { params, path, summary } = transactionEvents;
    typed.get(
      path,
      { exposeHeadRoute, schema: { ...about("transactionEvents", path), summary, params, response: streamed } },
      raw.transactionEvents,
    );
    const metrics = contentOf("text/plain", "metrics");
    if (raw.metrics !== undefined) {
      typed.get(
        "/metrics",
        { schema: { ...about("metrics", "/metrics"), summary: "For Prometheus", response: metrics } },
        raw.metrics,
      );
    }
  });
}

/** What names a route in the document: programs are made of it. */
const about = (operationId: string, path: string) => ({ operationId, tags: [path.split("/")[1]!] });

/** Adds one of the API's routes. */
export function addRoute<Name extends RouteName>(app: FastifyInstance, name: Name, handle: Handlers[Name]): void {
  const { method, path, summary, params, query, body, answer, status = 200, badStatus } = routes[name] as Route;
  const answers = { [status]: answer, ...(badStatus && { [badStatus]: answer }) };
  const asks = { ...(params && { params }), ...(query && { querystring: query }), ...(body && { body }) };
  app.route({
    method,
    url: path,
    schema: { ...about(name, path), summary, ...asks, response: { ...FAILURES, ...answers } },
    handler: async ({ params, query, body, ip }, reply) => {
      reply.code(status);
      // What is asked is as the route's schemas say, which the type does not know.
      return (handle as Handler)({ params, query, body, ip }, reply);
    },
  });
}

type Handler = (asked: object, reply: FastifyReply) => unknown;

/** The API's OpenAPI document, without a node. */
export async function nodeOpenApi(): Promise<OpenApi> {
  const log = pino({ level: "silent" });
  const app = await makeHttpServer({ title: API_TITLE, log, maxBody: 1, limits: DEFAULT_LIMITS });
  const nobody = (): never => {
    throw new SheafError("UNEXPECTED", "nothing is served here");
  };
  const handlers = Object.fromEntries(Object.keys(routes).map((name) => [name, nobody])) as unknown as Handlers;
  await addRoutes(app, handlers, { events: nobody, transactionEvents: nobody, metrics: nobody });
  await app.ready();
  const document = app.swagger() as unknown as OpenApi;
  await app.close();
  return document;
}
