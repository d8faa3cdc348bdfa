import cors from "@fastify/cors";
import fastify from "fastify";
import type { EthereumProvider } from "hardhat/types/providers";
import { SheafError } from "../../protocol/errors.ts";

/** The largest transaction that Ethereum's nodes take is 128 KiB; there may be several in a request. */
const MAX_BODY = 8 << 20;
const METHOD_REFUSED = -32601;

interface Call {
  readonly id?: unknown;
  readonly method: string;
  readonly params?: unknown[];
}

export interface RpcServer {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * An in-process chain over HTTP, for wallets in browsers too.
 *
 * @param isAllowed whether a method may be called
 * @throws SheafError PORT_TAKEN
 */
export async function serveChain(
  provider: EthereumProvider,
  port: number,
  isAllowed: (method: string) => boolean,
): Promise<RpcServer> {
  const app = fastify({ bodyLimit: MAX_BODY, forceCloseConnections: true });
  await app.register(cors);
  const answer = async ({ id = null, method, params = [] }: Call) => {
    const head = { jsonrpc: "2.0", id };
    if (!isAllowed(method)) {
      const message = `${method} is refused: with --state, only transactions and time change the chain`;
      return { ...head, error: { code: METHOD_REFUSED, message } };
    }
    try {
      return { ...head, result: await provider.request({ method, params }) };
    } catch (error) {
      const { code, message, data } = error as { code?: number; message: string; data?: unknown };
      return { ...head, error: { code: code ?? -32603, message, data } };
    }
  };
  app.post<{ Body: Call | Call[] }>("/", ({ body }) =>
    Array.isArray(body) ? Promise.all(body.map(answer)) : answer(body),
  );
  return { url: await listen(app, port), close: () => app.close() };
}

interface Listener {
  listen(options: { host: string; port: number }): Promise<string>;
}

/** Listens on the loopback interface. Returns the URL. Throws `PORT_TAKEN`. */
export async function listen(app: Listener, port: number): Promise<string> {
  try {
    return await app.listen({ host: "127.0.0.1", port });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
    throw new SheafError("PORT_TAKEN", `another program listens on port ${port}`, { cause: error });
  }
}
