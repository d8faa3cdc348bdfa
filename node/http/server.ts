import { readFile } from "node:fs/promises";
import fastify, { type FastifyInstance } from "fastify";
import { pino, type Logger } from "pino";
import type { Registry } from "prom-client";
import { clientKey } from "../../http/client-key.ts";
import { boundedServers } from "../../http/connections.ts";
import { measureRequests } from "../../http/durations.ts";
import { answerClientError } from "../../http/failures.ts";
import { limited } from "../../http/limited.ts";
import { listenOn } from "../../http/listening.ts";
import { makeHttpServer } from "../../http/server.ts";
import { SheafError } from "../../protocol/errors.ts";
import { L1 } from "../l1/l1.ts";
import type { Rpc } from "../l1/rpc.ts";
import { Batches } from "./batches.ts";
import { ContractView } from "./contract.ts";
import { makeHandlers } from "./handlers.ts";
import { ownChecks, type Check, type OperatorAccount } from "./health.ts";
import { inLanes } from "./lanes.ts";
import { DEFAULT_LIMITS, type ApiLimits } from "./limits.ts";
import { Live, ProgressBook } from "./live.ts";
import { NodeMetrics } from "./metrics.ts";
import { Narration } from "./narration.ts";
import { Receipts } from "./receipts.ts";
import { addRoutes, API_TITLE } from "./routes.ts";
import type { ServedNode } from "./served-node.ts";
import { StateView } from "./state.ts";
import { streamAll, streamTransaction } from "./streams.ts";
import { throttled } from "./throttled.ts";
import { Tokens } from "./tokens.ts";
import { Transactions } from "./transactions.ts";

/** Milliseconds for a request to come in: the bodies are small. */
export const REQUEST_MS = 30_000;
/** Milliseconds for which a connection may be silent in both directions: one whose answer nobody reads ends then. */
export const SILENCE_MS = 120_000;

export interface NodeServerOptions {
  readonly node: ServedNode;
  /** Asks L1 for what the node does not keep: tokens' names, gas that was used, the newest block. */
  readonly rpc: Rpc;
  readonly host?: string | undefined;
  /** 0 for any free one. */
  readonly port?: number | undefined;
  readonly limits?: Partial<ApiLimits> | undefined;
  /** Addresses and networks of proxies whose word on who the client is (X-Forwarded-For) counts. Default: none. */
  readonly proxies?: readonly string[] | undefined;
  /** Origins of pages that may ask; default: all, for nothing here is secret. */
  readonly origins?: readonly string[] | undefined;
  /** What else `/health` looks at. */
  readonly checks?: readonly Check[] | undefined;
  readonly waitingSignatures?: (() => number) | undefined;
  /** That batches are submitted from. */
  readonly account?: OperatorAccount | undefined;
  /** Where `/metrics` is served instead: it is not part of the API then. */
  readonly metrics?: { readonly host: string; readonly port: number } | undefined;
  /** Adds the explorer's pages. */
  readonly explorer?: ((app: FastifyInstance) => Promise<void>) | undefined;
  readonly log?: Logger | undefined;
}

export interface NodeServer {
  readonly url: string;
  /** Of the metrics. */
  readonly metrics: string;
  close(): Promise<void>;
}

/** Serves a node's HTTP API. Throws `PORT_TAKEN`, `ADDRESS_UNAVAILABLE`. */
export async function startNodeServer(options: NodeServerOptions): Promise<NodeServer> {
  const { host = "127.0.0.1", port = 8790 } = options;
  const { app, registry } = await makeServers(options);
  const own = options.metrics && { ...options.metrics, app: metricsServer(registry) };
  try {
    const metrics = own && (await listenOn(own.app, own.host, own.port));
    const url = await listenOn(app, host, port);
    const close = async (): Promise<void> => {
      await Promise.all([app.close(), own?.app.close()]);
    };
    return { url, metrics: `${metrics ?? url}/metrics`, close };
  } catch (error) {
    await Promise.all([app.close(), own?.app.close()]);
    throw error;
  }
}

export async function makeNodeServer(options: NodeServerOptions): Promise<FastifyInstance> {
  return (await makeServers(options)).app;
}

/** Serves nothing but the metrics. */
function metricsServer(registry: Registry): FastifyInstance {
  const { connections } = DEFAULT_LIMITS;
  const times = { request: REQUEST_MS, silence: SILENCE_MS };
  const serverFactory = boundedServers(connections, times, () => false, answerClientError);
  const app = fastify({ forceCloseConnections: true, serverFactory });
  app.get("/metrics", (_, reply) => {
    void reply.type(registry.contentType);
    return registry.metrics();
  });
  return app;
}

async function makeServers(
  options: NodeServerOptions,
): Promise<{ readonly app: FastifyInstance; readonly registry: Registry }> {
  const { node, rpc, proxies, origins, explorer, waitingSignatures = () => 0 } = options;
  const log = options.log ?? pino({ level: "silent" });
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const app = await makeHttpServer({
    ...{ title: API_TITLE, log, maxBody: limits.bodyBytes, limits, proxies },
    origins: origins ?? "*",
    ...{ requestTimeout: REQUEST_MS, connectionTimeout: SILENCE_MS },
  });

  const l1 = inLanes(rpc);
  const newest = throttled(() => new L1(rpc, node.store.rollup).requireBlock("latest"));
  const progress = new ProgressBook();
  const transactions = new Transactions(node);
  const batches = new Batches(node, new Receipts(l1), progress.of);
  const checks = [...ownChecks(node, newest), ...(options.checks ?? [])];
  const version = await ownVersion();
  const { account } = options;
  const metrics = new NodeMetrics({ node, batches, newest, waitingSignatures, account, checks, version });
  measureRequests(app, metrics.registry, "sheaf_node_http_request_seconds");
  const narration = new Narration({ node, batches, transactions, log });
  const onError = (err: unknown): void => log.warn({ err }, "a change could not be shown");
  const state = new StateView(node);
  const live = new Live({ node, transactions, batches, state, progress, onError });
  const unsubscribe = node.subscribe((change) => {
    void metrics.note(change).catch(onError);
    void narration.note(change);
  });
  app.addHook("onClose", async () => {
    live.close();
    unsubscribe();
  });
  app.addHook("onError", async (request, _, error) => {
    const isSubmission = request.method === "POST" && request.routeOptions.url === "/transactions";
    if (isSubmission && error instanceof SheafError) metrics.refused(error.code);
  });

  const handlers = makeHandlers({
    ...{ node, transactions, batches, state, limits },
    tokens: new Tokens(node.store, l1),
    contract: new ContractView(node.store, l1),
    ...{ checks, version },
  });
  const streams = limited("event streams", limits.streams.inAll);
  const ofClient = limited("event streams of this client", limits.streams.perClient);
  const stream = ({ ip }: { readonly ip: string }, work: () => Promise<void>): Promise<void> =>
    ofClient(() => streams(work), clientKey(ip));
  const isApart = options.metrics !== undefined;
  await addRoutes(app, handlers, {
    events: (client, reply) => stream(client, () => streamAll(reply, live, state)),
    transactionEvents: (client, reply) =>
      stream(client, () => streamTransaction(reply, live, () => transactions.find(client.params.id))),
    metrics: isApart
      ? undefined
      : (_, reply) => {
          void reply.type(metrics.registry.contentType);
          return metrics.registry.metrics();
        },
  });
  await explorer?.(app);
  return { app, registry: metrics.registry };
}

async function ownVersion(): Promise<string> {
  const text = await readFile(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
