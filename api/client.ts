import * as z from "zod";
import { HttpClient, type HttpOptions } from "../http/client.ts";
import { routes, type Answer, type Query, type Route, type RouteName } from "./routes.ts";
import * as schemas from "./schemas.ts";

export type * from "./schemas.ts";
export type { Answer, Query } from "./routes.ts";
export type ClientOptions = HttpOptions;

interface Call {
  readonly params?: Readonly<Record<string, string | number>>;
  readonly query?: object;
  readonly body?: unknown;
}

/**
 * The node's HTTP API as methods, in Node and in browsers. Amounts and field elements are bigints. Each method throws a
 * `SheafError` with the node's code, or SERVICE_UNREACHABLE.
 */
export class NodeClient {
  readonly #http: HttpClient;

  /** @param url of the node, as `./sheaf node` prints it */
  constructor(url: string | URL, options?: ClientOptions) {
    this.#http = new HttpClient(url, options);
  }

  get url(): string {
    return this.#http.url;
  }

  /**
   * Submits `{ kind: "transfer", ...signTransfer(…) }`, or the same of a withdrawal. Once it returns, the node keeps it. The
   * same again is not a second payment: the answer says that it is `known`.
   */
  submit(operation: schemas.SignedOperation, replaces?: string): Promise<schemas.Submitted> {
    return this.#call("submit", { body: operation, query: { replaces } });
  }

  transaction(id: string): Promise<schemas.Transaction> {
    return this.#call("transaction", { params: { id } });
  }

  transactions(query: Query<"transactions"> = {}): Promise<Answer<"transactions">> {
    return this.#call("transactions", { query });
  }

  account(index: number): Promise<schemas.Account> {
    return this.#call("account", { params: { index } });
  }

  accounts(query: Query<"accounts"> = {}): Promise<Answer<"accounts">> {
    return this.#call("accounts", { query });
  }

  /** Without a payment the node opens an account only as far as its operator gives some away. */
  openAccount(opening: schemas.Opening): Promise<schemas.OpenedAccount> {
    return this.#call("openAccount", { body: opening });
  }

  /** @param batch after which; default: the last one on L1 */
  accountProof(index: number, batch?: number): Promise<schemas.AccountProof> {
    return this.#call("accountProof", { params: { index }, query: { batch } });
  }

  batch(number: number): Promise<schemas.Batch> {
    return this.#call("batch", { params: { number } });
  }

  batches(query: Query<"batches"> = {}): Promise<Answer<"batches">> {
    return this.#call("batches", { query });
  }

  /** A blob as the node has it, of which nobody has shown that its commitment has this hash. */
  blob(versionedHash: string): Promise<schemas.Blob> {
    return this.#call("blob", { params: { versionedHash } });
  }

  /** What an L1 transaction did in the rollup; throws TRANSACTION_UNKNOWN if nothing that L1 was read up to. */
  l1Transaction(hash: string): Promise<schemas.L1Transaction> {
    return this.#call("l1Transaction", { params: { hash } });
  }

  withdrawals(query: Query<"withdrawals">): Promise<Answer<"withdrawals">> {
    return this.#call("withdrawals", { query });
  }

  tokens(query: Query<"tokens"> = {}): Promise<Answer<"tokens">> {
    return this.#call("tokens", { query });
  }

  fees(token = 0): Promise<schemas.Fees> {
    return this.#call("fees", { query: { token } });
  }

  state(): Promise<schemas.State> {
    return this.#call("state");
  }

  config(): Promise<schemas.Config> {
    return this.#call("config");
  }

  contract(): Promise<schemas.Contract> {
    return this.#call("contract");
  }

  /** What is missing; a node that is down answers as well. */
  health(): Promise<schemas.Health> {
    return this.#call("health");
  }

  /** A transaction as it is and as it changes, until it is verified or rejected. */
  async *transactionEvents(id: string, signal?: AbortSignal): AsyncGenerator<schemas.Transaction, void, undefined> {
    for await (const event of this.#events(`/transactions/${encodeURIComponent(id)}/events`, signal)) {
      if (event.type === "transaction") yield event.data;
    }
  }

  /** The state, then everything that happens from now on. Throws SERVICE_UNREACHABLE when the stream breaks off. */
  events(signal?: AbortSignal): AsyncGenerator<schemas.NodeEvent, void, undefined> {
    return this.#events("/events", signal);
  }

  async *#events(path: string, signal?: AbortSignal): AsyncGenerator<schemas.NodeEvent, void, undefined> {
    for await (const { event, data } of this.#http.events(path, { signal })) {
      if (!(event in schemas.events)) continue;
      const type = event as keyof typeof schemas.events;
      yield { type, data: schemas.events[type].parse(JSON.parse(data)) } as schemas.NodeEvent;
    }
  }

  #call<Name extends RouteName>(name: Name, { params = {}, query = {}, body }: Call = {}): Promise<Answer<Name>> {
    const { method, path, answer, badStatus, ...rest }: Route = routes[name];
    const place = path.replace(/:(\w+)/g, (_, key: string) => encodeURIComponent(params[key]!));
    const given = Object.entries(query).filter(([, value]) => value !== undefined);
    const search = new URLSearchParams(
      Object.fromEntries(given.map(([key, value]) => [key, String(value)])),
    ).toString();
    const text = rest.body && JSON.stringify(z.encode(rest.body, body));
    const target = search === "" ? place : `${place}?${search}`;
    return this.#http.json(method, target, answer, { body: text, accept: badStatus && [badStatus] }) as Promise<
      Answer<Name>
    >;
  }
}
