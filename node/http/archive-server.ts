import { pino } from "pino";
import { listenOn } from "../../http/listening.ts";
import { makeHttpServer } from "../../http/server.ts";
import { SheafError } from "../../protocol/errors.ts";
import type { Store } from "../store/store.ts";
import { blobView } from "./blobs.ts";
import { DEFAULT_LIMITS } from "./limits.ts";
import { addRoute } from "./routes.ts";
import { REQUEST_MS, SILENCE_MS } from "./server.ts";

export interface ArchiveServerOptions {
  /** The store whose blobs are served, once it is open. */
  readonly store: () => Store | undefined;
  readonly host: string;
  /** 0 for any free one. */
  readonly port: number;
}

/**
 * Serves the blobs that a store keeps, by the same route as a node and within the same limits, and nothing else.
 *
 * @throws SheafError PORT_TAKEN, ADDRESS_UNAVAILABLE
 */
export async function startArchiveServer({ store, host, port }: ArchiveServerOptions) {
  const app = await makeHttpServer({
    ...{ title: "Sheaf archive", log: pino({ level: "silent" }), limits: DEFAULT_LIMITS, origins: "*" },
    ...{ maxBody: DEFAULT_LIMITS.bodyBytes, requestTimeout: REQUEST_MS, connectionTimeout: SILENCE_MS },
  });
  addRoute(app, "blob", ({ params }) => {
    const open = store();
    if (open === undefined) throw new SheafError("RPC_BEHIND", "L1 has not been read yet");
    return blobView(open, params.versionedHash);
  });
  try {
    return { url: await listenOn(app, host, port), close: () => app.close() };
  } catch (error) {
    await app.close();
    throw error;
  }
}
