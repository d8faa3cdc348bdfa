import type { ServerResponse } from "node:http";
import fastify, { type FastifyInstance } from "fastify";
import * as z from "zod";
import type { NodeEvent } from "../../api/client.ts";
import { routes, type Route, type RouteName, type Routes } from "../../api/routes.ts";
import { events } from "../../api/schemas.ts";
import { mountExplorer } from "../../node/http/explorer.ts";
import { SheafError } from "../../protocol/errors.ts";
import type { ExplorerWorld } from "./explorer-world.ts";

type Part<Name extends RouteName, Key extends keyof Route> =
  Routes[Name] extends Record<Key, infer T extends z.ZodType> ? z.output<T> : unknown;
type Handlers = {
  readonly [Name in RouteName]?: (params: Part<Name, "params">, query: Part<Name, "query">) => unknown;
};

/** A node that answers with a made-up world, through the schemas that the real one has: for the pages alone. */
export class ExplorerNode {
  world: ExplorerWorld;
  /** Routes that fail now. */
  readonly failing = new Set<RouteName | "events">();
  readonly #app: FastifyInstance = fastify({ forceCloseConnections: true });
  readonly #streams = new Set<ServerResponse>();

  private constructor(world: ExplorerWorld) {
    this.world = world;
  }

  static async start(world: ExplorerWorld): Promise<ExplorerNode> {
    const node = new ExplorerNode(world);
    for (const name of Object.keys(routes) as RouteName[]) node.#addRoute(name);
    node.#app.get("/events", (_, reply) => {
      if (node.failing.has("events")) return reply.code(503).send();
      reply.hijack();
      reply.raw.writeHead(200, { "content-type": "text/event-stream" });
      node.#streams.add(reply.raw);
      reply.raw.on("close", () => node.#streams.delete(reply.raw));
      reply.raw.write(eventText({ type: "state", data: node.world.state }));
    });
    await mountExplorer(node.#app);
    await node.#app.listen({ host: "127.0.0.1", port: 0 });
    return node;
  }

  get url(): string {
    const { port } = this.#app.server.address() as { port: number };
    return `http://127.0.0.1:${port}`;
  }

  /** How many event streams are open. */
  get streams(): number {
    return this.#streams.size;
  }

  tell(event: NodeEvent): void {
    for (const stream of this.#streams) stream.write(eventText(event));
  }

  /** Breaks off all event streams, as a node that is started again does. */
  dropStreams(): void {
    for (const stream of this.#streams) stream.destroy();
  }

  close(): Promise<void> {
    return this.#app.close();
  }

  #addRoute(name: RouteName): void {
    const { method, path, answer, params, query }: Route = routes[name];
    this.#app.route({
      method,
      url: path,
      handler: (request, reply) => {
        try {
          if (this.failing.has(name)) throw new SheafError("RPC_BEHIND", `${path} is out of order`);
          const handler = this.#handlers[name] as ((params: unknown, query: unknown) => unknown) | undefined;
          if (handler === undefined) return missing();
          return z.encode(answer, handler(params?.parse(request.params), query?.parse(request.query)));
        } catch (error) {
          const { code, message, fix } = error as SheafError;
          return reply.code(code === "RPC_BEHIND" ? 503 : 404).send({ code, message, fix });
        }
      },
    });
  }

  readonly #handlers: Handlers = {
    state: () => this.world.state,
    tokens: () => ({ items: this.world.tokens, next: null }),
    fees: (_, { token = 0 }) => ({
      ...{ token, gasPrice: 1_480_000_000n, gasPerTransfer: 75_139, weiPerTransfer: 75_139n * 1_480_000_000n },
      ...{ fee: 112n * 10n ** 12n, minimum: 10n ** 12n },
      opening: { gas: 77_489, fee: 115n * 10n ** 12n, minimum: 10n ** 12n },
      withdrawal: { gas: 82_689, fee: 123n * 10n ** 12n, minimum: 10n ** 12n },
      firstWithdrawal: { gas: 99_789, fee: 148n * 10n ** 12n, minimum: 10n ** 12n },
      ...{ promptFee: 112n * 10n ** 12n, promptWait: 10, longestWait: 10 },
    }),
    batches: (_, { root, ...query }) =>
      page(this.world.batches.filter((one) => root === undefined || one.root === root).toReversed(), query),
    l1Transaction: ({ hash }) => this.world.l1Transactions.find((one) => one.hash === hash) ?? missing(),
    contract: () => this.world.contract,
    config: () => this.world.config,
    health: () => this.world.health,
    batch: ({ number }) => this.world.batches[number - 1] ?? missing(),
    transactions: (_, { account, l1Address, token, batch, status, ...query }) =>
      page(
        this.world.transactions.filter(
          (one) =>
            (account === undefined || one.from === account || one.to === account) &&
            (l1Address === undefined || this.world.isOf(one, l1Address)) &&
            (token === undefined || one.token === token) &&
            (batch === undefined || one.batch === batch) &&
            (status === undefined || one.status === status),
        ),
        query,
      ),
    transaction: ({ id }) => this.world.transactions.find((one) => one.id === id) ?? missing(),
    accounts: (_, { pubKeyY, l1Address, token, ...query }) =>
      page(
        this.world.accounts.filter(
          (one) =>
            (pubKeyY === undefined || one.pubKeyY === pubKeyY) &&
            (l1Address === undefined || sameAddress(one.l1Address, l1Address)) &&
            (token === undefined || one.token === token),
        ),
        query,
      ),
    account: ({ index }) => this.world.accounts.find((one) => one.index === index) ?? missing(),
    accountProof: ({ index }) => this.world.proof(index),
    withdrawals: (_, { l1Address, ...query }) =>
      page(
        this.world.withdrawals.filter((one) => sameAddress(one.l1Address, l1Address)),
        // Tokens are its cursors.
        { limit: query.limit },
      ),
  };
}

const sameAddress = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase();

const missing = (): never => {
  throw new SheafError("ACCOUNT_NOT_FOUND", "there is no such thing here");
};

interface PageQuery {
  readonly limit?: number | undefined;
  readonly before?: string | undefined;
  readonly after?: string | undefined;
}

/** A part of a list; cursors are places in it. */
function page(items: readonly unknown[], { limit = 50, before, after }: PageQuery) {
  const start = Number((before ?? after ?? "p0").slice(1));
  const end = start + limit;
  return { items: items.slice(start, end), next: end < items.length ? `p${end}` : null };
}

function eventText({ type, data }: NodeEvent): string {
  return `event: ${type}\ndata: ${JSON.stringify(z.encode(events[type] as z.ZodType, data))}\n\n`;
}
