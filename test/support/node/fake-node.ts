import type { ServerResponse } from "node:http";
import fastify, { type FastifyReply, type FastifyRequest } from "fastify";
import * as z from "zod";
import {
  routes,
  streams,
  type Answer,
  type Body,
  type Params,
  type Query,
  type Route,
  type RouteName,
} from "../../../api/routes.ts";
import { events, type NodeEvent } from "../../../api/schemas.ts";
import { failureOf, statusOf } from "../../../http/failures.ts";
import { SheafError, type ErrorCode } from "../../../protocol/errors.ts";

/** What a node answers, by route; a route without a handler is not there. */
export type Handlers = {
  readonly [Name in RouteName]?: (params: Params<Name>, query: Query<Name>, body: Body<Name>) => Answer<Name>;
};

/** Thrown by a handler where the node takes what it is sent, and does not answer. */
export const SILENCE = Symbol("silence");

/** A node that answers what a test says, by the routes and schemas that the real one has. */
export abstract class FakeNode {
  /** A code in place of an answer, by path. */
  refuseToAnswer: (path: string) => ErrorCode | undefined = () => undefined;
  /** What the node makes of the answers that it should give, by path: it need not be in the route's form. */
  lie: (path: string, answer: Record<string, unknown>) => object = (_, answer) => answer;
  protected readonly app = fastify({ forceCloseConnections: true });
  /** Open ones, by path. */
  readonly #streams = new Map<string, Set<ServerResponse>>();
  protected abstract readonly handlers: Handlers;

  /** Returns its URL. */
  async start(): Promise<string> {
    for (const name of Object.keys(routes) as RouteName[]) this.#addRoute(name);
    for (const { path } of Object.values(streams)) {
      this.app.get(path, (request, reply) => this.#open(pathOf(request), reply));
    }
    this.app.setNotFoundHandler(() => {
      throw new SheafError("ROUTE_UNKNOWN", "there is no such route");
    });
    this.app.setErrorHandler((error, { id }, reply) => {
      const failure =
        error instanceof z.ZodError ? new SheafError("FIELD_INVALID", error.message) : failureOf(error, id);
      return reply.code(statusOf(failure)).send({ code: failure.code, message: failure.message, fix: failure.fix });
    });
    return this.app.listen({ host: "127.0.0.1", port: 0 });
  }

  get url(): string {
    const { port } = this.app.server.address() as { port: number };
    return `http://127.0.0.1:${port}`;
  }

  close(): Promise<void> {
    return this.app.close();
  }

  /** How many event streams of a path are open. */
  protected listeners(path: string): number {
    return this.#streams.get(path)?.size ?? 0;
  }

  protected tellAt(path: string, event: NodeEvent): void {
    for (const stream of this.#streams.get(path) ?? []) stream.write(eventText(event));
  }

  /** Breaks off all event streams, as a node that is started again does. */
  dropStreams(): void {
    for (const stream of [...this.#streams.values()].flatMap((open) => [...open])) stream.destroy();
  }

  /** Whether the node has streams. */
  protected hasStream(): boolean {
    return true;
  }

  /** What a new stream begins with. */
  protected greeting(): NodeEvent | undefined {
    return undefined;
  }

  #open(path: string, reply: FastifyReply): void {
    this.#requireWillingness(path);
    if (!this.hasStream()) throw new SheafError("ROUTE_UNKNOWN", "this node has no streams");
    const { raw } = reply.hijack();
    raw.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
    const open = this.#streams.get(path) ?? new Set();
    this.#streams.set(path, open.add(raw));
    raw.on("close", () => open.delete(raw));
    const first = this.greeting();
    if (first !== undefined) raw.write(eventText(first));
  }

  #addRoute(name: RouteName): void {
    const { method, path: url, answer, params, query, body, status }: Route = routes[name];
    const handler = async (request: FastifyRequest, reply: FastifyReply) => {
      const path = pathOf(request);
      this.#requireWillingness(path);
      const handle = this.handlers[name] as ((...call: unknown[]) => object) | undefined;
      if (handle === undefined) throw new SheafError("ROUTE_UNKNOWN", `this node has no ${path}`);
      try {
        const call = [params?.parse(request.params), query?.parse(request.query), body?.parse(request.body)];
        const said = this.lie(path, handle(...call) as Record<string, unknown>);
        const { success, data } = z.safeEncode(answer, said as never);
        return reply
          .code(status ?? 200)
          .type("application/json")
          .send(json(success ? data : said));
      } catch (error) {
        if (error !== SILENCE) throw error;
        reply.hijack();
        request.raw.destroy();
      }
    };
    this.app.route({ method, url, handler });
  }

  #requireWillingness(path: string): void {
    const code = this.refuseToAnswer(path);
    if (code !== undefined) throw new SheafError(code, `${path} is out of order`);
  }
}

const pathOf = ({ url }: FastifyRequest): string => url.split("?", 1)[0]!;

const eventText = ({ type, data }: NodeEvent): string =>
  `event: ${type}\ndata: ${JSON.stringify(z.encode(events[type] as z.ZodType, data))}\n\n`;

const json = (value: unknown): string =>
  JSON.stringify(value, (_, part: unknown) => (typeof part === "bigint" ? String(part) : part));
