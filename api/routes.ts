import * as z from "zod";
import { BITS } from "../protocol/constants.ts";
import { address, element, hash, urlNumber } from "./fields.ts";
import * as schemas from "./schemas.ts";

/** One route of the node: what it is called with, and what it answers. */
export interface Route {
  readonly method: "GET" | "POST";
  /** As Fastify and Express write it: `/accounts/:index`. */
  readonly path: string;
  readonly summary: string;
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodType;
  readonly answer: z.ZodType;
  /** Default: 200. */
  readonly status?: 202;
  /** A status with which the same is answered when it is bad. */
  readonly badStatus?: 503;
}

export const MAX_PAGE = 200;
const limit = urlNumber(8, 1)
  .refine((value) => value <= MAX_PAGE, `must be at most ${MAX_PAGE}`)
  .meta({ type: "integer", minimum: 1, maximum: MAX_PAGE, default: 50 })
  .optional();
/** Lists of what happened, the newest first, go on before the last item of a page; others after it. */
const cursor = z
  .string()
  .regex(/^[a-z]\d{1,13}(\.\d{1,13})?$/, "must be `next` of a page")
  .optional()
  .describe("`next` of the page before");
const newestFirst = { limit, before: cursor };
const ascending = { limit, after: cursor };
const page = <T extends z.ZodType>(id: string, item: T) =>
  z.object({ items: z.array(item), next: z.string().nullable().describe("null: there are no more") }).meta({ id });

const index = urlNumber(BITS.index);
const token = urlNumber(BITS.token);
const batch = urlNumber(BITS.batchNumber);
const indexParameter = z.strictObject({ index });
const idParameter = z.strictObject({ id: schemas.transactionId });

/** The node's HTTP API. Server, client, OpenAPI document and docs/api.md are made from it. */
export const routes = {
  submit: {
    method: "POST",
    path: "/transactions",
    summary: "Submit a signed transfer or withdrawal; submitted again, it gets the same answer, marked as known",
    query: z.strictObject({
      replaces: schemas.transactionId
        .optional()
        .describe("the account's first one that is not due: this one, of the same nonce, comes in its place"),
    }),
    body: schemas.signedOperation,
    status: 202,
    answer: schemas.submitted,
  },
  transactions: {
    method: "GET",
    path: "/transactions",
    summary: "Transactions, the newest first",
    query: z.strictObject({
      account: index.optional(),
      l1Address: address.optional().describe("of accounts that take part, or of what waits in L1's queue"),
      batch: batch.optional(),
      status: z.enum(schemas.STATUSES).optional(),
      token: token.optional(),
      ...newestFirst,
    }),
    answer: page("Transactions", schemas.transaction),
  },
  transaction: {
    method: "GET",
    path: "/transactions/:id",
    summary: "A transaction, and how far it is",
    params: idParameter,
    answer: schemas.transaction,
  },
  accounts: {
    method: "GET",
    path: "/accounts",
    summary: "Accounts by index: all, or those of a key, an L1 address or a token",
    query: z.strictObject({
      pubKeyY: element.optional(),
      l1Address: address.optional(),
      token: token.optional(),
      ...ascending,
    }),
    answer: page("Accounts", schemas.account),
  },
  account: {
    method: "GET",
    path: "/accounts/:index",
    summary: "An account",
    params: indexParameter,
    answer: schemas.account,
  },
  openAccount: {
    method: "POST",
    path: "/accounts",
    summary:
      "Have the node open an account, with nothing in it, in one of its next batches; asked again, it answers the same",
    body: schemas.opening,
    status: 202,
    answer: schemas.openedAccount,
  },
  accountProof: {
    method: "GET",
    path: "/accounts/:index/proof",
    summary: "What is at an index after a batch, the last one on L1 by default, and its Merkle proof",
    params: indexParameter,
    query: z.strictObject({ batch: batch.optional() }),
    answer: schemas.accountProof,
  },
  batches: {
    method: "GET",
    path: "/batches",
    summary: "Batches, the newest first; those on L1, and those under way",
    query: z.strictObject({ root: element.optional().describe("that they led to"), ...newestFirst }),
    answer: page("Batches", schemas.batch),
  },
  batch: {
    method: "GET",
    path: "/batches/:number",
    summary: "A batch",
    params: z.strictObject({ number: batch }),
    answer: schemas.batch,
  },
  blob: {
    method: "GET",
    path: "/blobs/:versionedHash",
    summary: "A blob that batches' transfers are in: check its KZG commitment against the hash before you believe it",
    params: z.strictObject({ versionedHash: hash }),
    answer: schemas.blob,
  },
  l1Transaction: {
    method: "GET",
    path: "/l1-transactions/:hash",
    summary: "What an L1 transaction did in the rollup: deposits, requests, batches, payouts, exits",
    params: z.strictObject({ hash }),
    answer: schemas.l1Transaction,
  },
  withdrawals: {
    method: "GET",
    path: "/withdrawals",
    summary: "What an L1 address was credited with, by token",
    query: z.strictObject({ l1Address: address, ...ascending }),
    answer: page("Withdrawals", schemas.withdrawal),
  },
  tokens: {
    method: "GET",
    path: "/tokens",
    summary: "Tokens of the rollup",
    query: z.strictObject(ascending),
    answer: page("Tokens", schemas.tokenInfo),
  },
  fees: {
    method: "GET",
    path: "/fees",
    summary: "What operations cost on L1 now, and the fees that are suggested for them",
    query: z.strictObject({ token: token.optional() }),
    answer: schemas.fees,
  },
  state: { method: "GET", path: "/state", summary: "The rollup as it is now", answer: schemas.state },
  config: {
    method: "GET",
    path: "/config",
    summary: "What does not change while the node runs",
    answer: schemas.config,
  },
  contract: {
    method: "GET",
    path: "/contract",
    summary: "The rollup's contract on L1: who has a say in it, its verifiers, its deadlines",
    answer: schemas.contract,
  },
  health: {
    method: "GET",
    path: "/health",
    summary: "What is missing, if anything",
    answer: schemas.health,
    badStatus: 503,
  },
} as const satisfies Record<string, Route>;

export type Routes = typeof routes;
export type RouteName = keyof Routes;
type Part<Name extends RouteName, Key extends keyof Route> =
  Routes[Name] extends Record<Key, infer T extends z.ZodType> ? z.output<T> : undefined;
export type Params<Name extends RouteName> = Part<Name, "params">;
/** What a list may be asked for, with its page: `limit`, and `before` or `after` with a page's `next`. */
export type Query<Name extends RouteName> = Part<Name, "query">;
export type Body<Name extends RouteName> = Part<Name, "body">;
export type Answer<Name extends RouteName> = Part<Name, "answer">;

/** Streams of server-sent events: `schemas.events` by name. */
export const streams = {
  events: { path: "/events", summary: "The state, then everything that happens, as server-sent events" },
  transactionEvents: {
    path: "/transactions/:id/events",
    summary: "A transaction as it is and as it changes, as server-sent events, until it is verified or rejected",
    params: idParameter,
  },
} as const;
