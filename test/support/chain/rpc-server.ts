import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { RpcError, type Rpc } from "../../../node/l1/rpc.ts";

export interface Call {
  readonly method: string;
  readonly params: readonly unknown[];
  /** Counts the calls of this server, from 0. */
  readonly number: number;
  readonly request: IncomingMessage;
}

/**
 * What a server does to a call in place of answering it: an HTTP answer, a dropped connection, silence. `undefined` for
 * the answer that belongs there.
 */
export type Trouble =
  | "drop"
  | "half"
  | "silence"
  | { readonly status: number; readonly headers?: Record<string, string>; readonly body: string }
  | undefined;

/** An L1 node's JSON-RPC on a local port. */
export class RpcServer {
  readonly url: string;
  readonly calls: Call[] = [];
  readonly #server: ReturnType<typeof createServer>;

  private constructor(server: ReturnType<typeof createServer>) {
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  static async start(rpc: Rpc, trouble: (call: Call) => Trouble = () => undefined): Promise<RpcServer> {
    const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
      const { id, method, params } = JSON.parse(await textOf(request)) as Call & { id: number };
      const call = { method, params, number: started.calls.length, request };
      started.calls.push(call);
      const what = trouble(call);
      if (what === "silence") return;
      if (what === "drop") return void request.socket.destroy();
      const answer = await answerTo(rpc, method, params);
      const body = JSON.stringify({ jsonrpc: "2.0", id, ...answer });
      if (what === "half") {
        response.writeHead(200, { "content-length": body.length });
        response.write(body.slice(0, body.length / 2), () => request.socket.destroy());
      } else if (what === undefined) response.writeHead(200, { "content-type": "application/json" }).end(body);
      else response.writeHead(what.status, what.headers).end(what.body);
    };
    const server = createServer((request, response) => void serve(request, response));
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const started = new RpcServer(server);
    return started;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
  }
}

async function answerTo(rpc: Rpc, method: string, params: readonly unknown[]): Promise<object> {
  try {
    return { result: await rpc(method, params) };
  } catch (error) {
    if (!(error instanceof RpcError)) throw error;
    return { error: { code: error.code, message: error.message, data: error.data } };
  }
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}
