import { once } from "node:events";
import { createServer } from "node:net";
import { errorText } from "../lib/error-text.ts";
import { SheafError } from "../protocol/errors.ts";

interface Listener {
  listen(options: { host: string; port: number }): Promise<string>;
}

/** Has a server listen, on any free port for 0. Returns its URL. Throws `PORT_TAKEN`, `ADDRESS_UNAVAILABLE`. */
export async function listenOn(app: Listener, host: string, port: number): Promise<string> {
  return app.listen({ host, port }).catch((cause: unknown) => {
    throw unavailable(host, port, cause);
  });
}

/**
 * Looks whether a server could listen there, before long work that would be in vain otherwise.
 *
 * @throws SheafError PORT_TAKEN, ADDRESS_UNAVAILABLE
 */
export async function requireFree(host: string, port: number): Promise<void> {
  const server = createServer();
  try {
    server.listen({ host, port });
    await once(server, "listening");
  } catch (cause) {
    throw unavailable(host, port, cause);
  }
  server.close();
  await once(server, "close");
}

/** Whether nobody but this machine reaches a server that listens there. */
export const isLoopbackHost = (host: string): boolean => /^(localhost|::1|127(\.\d+){3})$/.test(host);

function unavailable(host: string, port: number, cause: unknown): SheafError {
  const { code } = cause as NodeJS.ErrnoException;
  if (code === "EADDRINUSE") {
    return new SheafError("PORT_TAKEN", `another program listens on port ${port} of ${host}`, { cause });
  }
  return new SheafError("ADDRESS_UNAVAILABLE", `cannot listen on ${host}:${port}: ${errorText(cause)}`, { cause });
}
