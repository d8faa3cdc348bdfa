import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { clientKey } from "./client-key.ts";
import { answerRaw } from "./failures.ts";
import { Rota } from "./rota.ts";
import { SlicedConnection } from "./sliced-connection.ts";
import { SheafError } from "../protocol/errors.ts";

/** Connections that may be open. */
export interface ConnectionLimits {
  readonly perClient: number;
  readonly inAll: number;
}

export interface ServerTimes {
  /** Milliseconds that a request may take to come in; 0 for any. */
  readonly request: number;
  /** Milliseconds without a byte in either direction, after which a connection is cut off; 0 for any. */
  readonly silence: number;
}

/** Milliseconds for a request's head, and for the first one of a connection. */
const HEAD_MS = 15_000;
/** Milliseconds that a connection is kept for the next request. */
const IDLE_MS = 30_000;
/** Bytes of a connection that are read before they can be handled; those that come at once may be more. */
const READ_AHEAD = 16 << 10;

/**
 * Makes HTTP servers of which no client can take more than its share, for Fastify's `serverFactory`: all that it makes
 * count together. A request is handled when the answer before it on its connection has left, and nothing is read
 * meanwhile: whoever does not read costs one answer, however much it asks.
 *
 * @param isProxy whether an address is a proxy's, whose connections are those of many clients
 * @param onError answers what is not HTTP
 */
export function boundedServers(
  { perClient, inAll }: ConnectionLimits,
  { request: requestTimeout, silence }: ServerTimes,
  isProxy: (address: string) => boolean,
  onError: (error: Error, connection: Duplex) => void,
): (handler: RequestListener) => Server {
  const open = new Map<string, number>();
  let total = 0;

  /** Why another connection may not be opened. */
  const objection = (client: string | undefined): string | undefined => {
    const own = client === undefined ? 0 : (open.get(client) ?? 0);
    if (own >= perClient) return `${own} connections of this client are open already`;
    return total >= inAll ? `${total} connections are open already` : undefined;
  };
  const count = (client: string | undefined, change: 1 | -1): void => {
    total += change;
    if (client === undefined) return;
    const own = (open.get(client) ?? 0) + change;
    if (own > 0) open.set(client, own);
    else open.delete(client);
  };

  return (handler) => {
    const headersTimeout = requestTimeout === 0 ? HEAD_MS : Math.min(HEAD_MS, requestTimeout);
    const server = createServer({
      ...{ requestTimeout, headersTimeout, connectionsCheckingInterval: headersTimeout / 3, keepAliveTimeout: IDLE_MS },
      // A request without a Host is refused further on, with a code.
      ...{ requireHostHeader: false, highWaterMark: READ_AHEAD },
    });
    server.setTimeout(silence);
    const [serve] = server.listeners("connection") as [(connection: Duplex) => void];
    server.removeAllListeners("connection");
    server.on("connection", (socket: Socket) => {
      const address = socket.remoteAddress ?? "";
      const client = isProxy(address) ? undefined : clientKey(address);
      const why = objection(client);
      if (why !== undefined) return refuse(socket, why);
      count(client, 1);
      socket.once("close", () => count(client, -1));
      serve.call(server, new SlicedConnection(socket));
    });
    server.on("clientError", onError);
    const handle = inTurn(handler);
    server.on("request", handle);
    // A client that expects anything else gets it or not: the answer says so.
    server.on("checkExpectation", handle);
    return server;
  };
}

/** Handles the requests of a connection one after the other, and holds it while one waits. */
function inTurn(handler: RequestListener): (request: IncomingMessage, response: ServerResponse) => void {
  const rota = new Rota();
  const waiting = new WeakMap<Duplex, (() => void)[]>();
  const proceed = (connection: SlicedConnection): void => {
    const ahead = waiting.get(connection)!;
    const next = connection.destroyed ? undefined : ahead.shift();
    if (next === undefined) waiting.delete(connection);
    // Also before the last one that waits is handled: its body may be still to come.
    if (ahead.length === 0) connection.release();
    next?.();
  };
  return (request, response) => {
    const connection = request.socket as Duplex as SlicedConnection;
    const handle = (): void => {
      response.once("close", () => proceed(connection));
      connection.expectBody(Number(request.headers["content-length"] ?? 0));
      rota.add(clientKey(connection.remoteAddress ?? ""), () =>
        handler(request, response as Parameters<RequestListener>[1]),
      );
    };
    const ahead = waiting.get(connection);
    if (ahead === undefined) {
      waiting.set(connection, []);
      return handle();
    }
    connection.hold();
    ahead.push(handle);
  };
}

function refuse(socket: Socket, why: string): void {
  answerRaw(socket, "429 Too Many Requests", new SheafError("SERVICE_BUSY", why));
  socket.destroySoon();
}
