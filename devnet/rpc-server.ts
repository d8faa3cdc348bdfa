import cors from "@fastify/cors";
import fastify, { type FastifyInstance } from "fastify";
import type { EthereumProvider } from "hardhat/types/providers";
import { WebSocketServer, type WebSocket } from "ws";
import { listenOn } from "../http/listening.ts";

/** The largest transaction that Ethereum's nodes take is 128 KiB; there may be several in a request. */
const MAX_BODY = 8 << 20;
/** Codes of JSON-RPC 2.0, section 5.1. */
const [NO_JSON, NO_REQUEST, NO_METHOD, FAILED] = [-32700, -32600, -32601, -32603];

interface Call {
  readonly id?: unknown;
  readonly method: string;
  readonly params?: unknown[];
}

export interface RpcServerOptions {
  readonly host: string;
  /** 0 for any free one. */
  readonly port: number;
  /** What `eth_accounts` answers. */
  readonly accounts: readonly string[];
  /** Sends a signed transaction. Default: as every other call. */
  readonly send?: ((raw: string) => Promise<unknown>) | undefined;
  /** Why a method is refused, if it is. */
  readonly refusal: (method: string) => string | undefined;
  /** Told of every call that was answered, and what was wrong with it. */
  readonly onCall: (method: string, error?: string) => void;
}

export interface RpcServer {
  readonly url: string;
  close(): Promise<void>;
}

/** An in-process chain over HTTP and WebSocket, for wallets in browsers too. Throws `PORT_TAKEN`, `ADDRESS_UNAVAILABLE`. */
export async function serveChain(provider: EthereumProvider, options: RpcServerOptions): Promise<RpcServer> {
  const app = fastify({ bodyLimit: MAX_BODY, forceCloseConnections: true });
  await app.register(cors);
  const chain = new ServedChain(provider, options);
  // Whatever a client calls its body.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "string" }, (_, body, done) => done(null, body));
  app.post<{ Body: string }>("/", async ({ body }, reply) => {
    void reply.type("application/json");
    return JSON.stringify(await chain.answer(body));
  });
  const sockets = serveSockets(app, chain);
  const url = await listenOn(app, options.host, options.port);
  const close = async (): Promise<void> => {
    for (const socket of sockets.clients) socket.terminate();
    await app.close();
  };
  return { url, close };
}

function serveSockets(app: FastifyInstance, chain: ServedChain): WebSocketServer {
  const server = new WebSocketServer({ noServer: true, maxPayload: MAX_BODY });
  app.server.on("upgrade", (request, socket, head) => {
    server.handleUpgrade(request, socket, head, (opened) => server.emit("connection", opened));
  });
  server.on("connection", (socket) => {
    socket.on("message", (data: Buffer) => {
      void chain.answer(data.toString(), socket).then((answer) => socket.send(JSON.stringify(answer)));
    });
    socket.on("close", () => chain.forget(socket));
    // Of a client that breaks the protocol: its connection is closed then.
    socket.on("error", () => undefined);
  });
  return server;
}

/** A chain that answers JSON-RPC. */
class ServedChain {
  readonly #provider: EthereumProvider;
  readonly #options: RpcServerOptions;
  /** Who is told of what, by the subscription's id. */
  readonly #subscribers = new Map<string, WebSocket>();

  constructor(provider: EthereumProvider, options: RpcServerOptions) {
    this.#provider = provider;
    this.#options = options;
    provider.on("notification", (params: { readonly subscription: string }) => {
      const message = { jsonrpc: "2.0", method: "eth_subscription", params };
      this.#subscribers.get(params.subscription)?.send(JSON.stringify(message));
    });
  }

  /** @param socket that the request came over, if it was one: it can be told of something later */
  async answer(text: string, socket?: WebSocket): Promise<unknown> {
    let asked: unknown;
    try {
      asked = JSON.parse(text);
    } catch (error) {
      return failed(null, NO_JSON, `the request is not JSON: ${(error as Error).message}`);
    }
    return Array.isArray(asked)
      ? Promise.all(asked.map((call) => this.#call(call, socket)))
      : this.#call(asked, socket);
  }

  /** Ends what a connection was told of. */
  forget(socket: WebSocket): void {
    for (const [id, subscriber] of this.#subscribers) if (subscriber === socket) void this.#unsubscribe(id, socket);
  }

  async #call(asked: unknown, socket: WebSocket | undefined): Promise<object> {
    if (!isCall(asked)) return failed(null, NO_REQUEST, "the request is not a JSON-RPC call: it has no method");
    const { id = null, method, params = [] } = asked;
    const { onCall } = this.#options;
    const refusal = this.#refusal(method, socket);
    if (refusal !== undefined) {
      onCall(method, refusal);
      return failed(id, NO_METHOD, refusal);
    }
    try {
      const result = await this.#request(method, params, socket);
      onCall(method);
      return { jsonrpc: "2.0", id, result };
    } catch (error) {
      const { code = FAILED, message, data } = error as { code?: number; message: string; data?: unknown };
      onCall(method, message);
      return failed(id, code, message, data);
    }
  }

  #refusal(method: string, socket: WebSocket | undefined): string | undefined {
    if (socket === undefined && /^eth_(un)?subscribe$/.test(method)) {
      return `${method} needs a WebSocket: it listens at the same address and port`;
    }
    return this.#options.refusal(method);
  }

  async #request(method: string, params: unknown[], socket: WebSocket | undefined): Promise<unknown> {
    if (method === "eth_accounts") return this.#options.accounts;
    if (method === "eth_unsubscribe") return this.#unsubscribe(String(params[0]), socket!);
    const { send } = this.#options;
    const [raw] = params;
    if (method === "eth_sendRawTransaction" && typeof raw === "string" && send !== undefined) return send(raw);
    const result: unknown = await this.#provider.request({ method, params });
    if (method === "eth_subscribe") this.#subscribers.set(String(result), socket!);
    return result;
  }

  /** Whether it was this connection's. */
  async #unsubscribe(id: string, socket: WebSocket): Promise<boolean> {
    if (this.#subscribers.get(id) !== socket) return false;
    this.#subscribers.delete(id);
    // The chain may have ended, and its subscriptions with it.
    await this.#provider.request({ method: "eth_unsubscribe", params: [id] }).catch(() => undefined);
    return true;
  }
}

const isCall = (asked: unknown): asked is Call =>
  typeof asked === "object" && asked !== null && "method" in asked && typeof asked.method === "string";

const failed = (id: unknown, code: number, message: string, data?: unknown): object => ({
  jsonrpc: "2.0",
  id,
  error: { code, message, data },
});
