import type { FastifyReply } from "fastify";
import { MAX_PAGE, type Answer, type Body, type Params, type Query, type RouteName } from "../../api/routes.ts";
import type { Config } from "../../api/schemas.ts";
import type { SignedOperation } from "../../protocol/operations.ts";
import type { BatchPolicy } from "../sequencer/policy.ts";
import { Accounts } from "./accounts.ts";
import { blobView } from "./blobs.ts";
import { sizeView, type Batches } from "./batches.ts";
import { clientKey } from "../../http/client-key.ts";
import type { ContractView } from "./contract.ts";
import { healthOf, type Check } from "./health.ts";
import { l1TransactionOf } from "./l1-transactions.ts";
import type { ApiLimits } from "./limits.ts";
import type { ServedNode } from "./served-node.ts";
import type { StateView } from "./state.ts";
import type { Tokens } from "./tokens.ts";
import type { Transactions } from "./transactions.ts";
import { withdrawalsPage } from "./withdrawals.ts";

interface Asked<Name extends RouteName> {
  readonly params: Params<Name>;
  readonly query: Query<Name>;
  readonly body: Body<Name>;
  /** The client's address. */
  readonly ip: string;
}

/** What answers each route. */
export type Handlers = {
  readonly [Name in RouteName]: (asked: Asked<Name>, reply: FastifyReply) => Answer<Name> | Promise<Answer<Name>>;
};

export interface HandlerParts {
  readonly node: ServedNode;
  readonly transactions: Transactions;
  readonly batches: Batches;
  readonly tokens: Tokens;
  readonly state: StateView;
  readonly contract: ContractView;
  readonly checks: readonly Check[];
  readonly limits: ApiLimits;
  readonly version: string;
}

export function makeHandlers(parts: HandlerParts): Handlers {
  const { node, transactions, batches, tokens, state, contract, checks, limits, version } = parts;
  const { store } = node;
  const accounts = new Accounts(node);
  return {
    submit: async ({ body, query: { replaces } }) => {
      const { isKnown, ...pooled } = await node.submit(operationOf(body), replaces);
      return { ...transactions.ofPool(pooled), ...(isKnown && { known: true }) };
    },
    transactions: ({ query }) => transactions.page(query),
    transaction: ({ params }) => transactions.find(params.id),
    accounts: ({ query }) => accounts.page(query),
    account: ({ params }) => accounts.find(params.index),
    openAccount: ({ body: { pubKeyY, l1Address, token, payment }, ip }) =>
      node.openAccount({ pubKeyY, l1Address: BigInt(l1Address) }, token, { payment, client: clientKey(ip) }),
    accountProof: ({ params, query }) => accounts.proof(params.index, query.batch),
    batches: ({ query }) => batches.page(query),
    batch: ({ params }) => batches.find(params.number),
    blob: ({ params }) => blobView(store, params.versionedHash),
    l1Transaction: ({ params }) => l1TransactionOf(store, params.hash),
    withdrawals: ({ query }) => withdrawalsPage(store, query),
    tokens: ({ query }) => tokens.page(query),
    fees: ({ query: { token = 0 } }) => {
      tokens.require(token);
      return node.quote(token);
    },
    state: () => state.now(),
    config: () => ({
      chainId: store.chainId,
      rollup: store.rollup,
      domain: node.domain,
      sizes: store.sizes().map((size) => {
        const { l1Operations, withdrawals } = size;
        return { ...sizeView(size), l1Operations, withdrawals };
      }),
      limits: limitsOf(limits),
      ...(node.policy && { waits: waitsOf(node.policy) }),
      version,
    }),
    contract: () => contract.now(),
    health: async (_, reply) => {
      const health = await healthOf(checks, node);
      if (health.status === "down") reply.code(503);
      return health;
    },
  };
}

function operationOf({ kind, ...operation }: Body<"submit">): SignedOperation {
  // The rest of a union's member is known to be the member's rest only by its kind.
  return { kind, operation } as SignedOperation;
}

function limitsOf({ bodyBytes, requests, connections, streams }: ApiLimits): Config["limits"] {
  return {
    ...{ pageItems: MAX_PAGE, bodyBytes, requests },
    ...{ connections: connections.perClient, streams: streams.perClient },
  };
}

function waitsOf({ queueDepth: confirmations, maxQueueAge, longestWait }: BatchPolicy): Config["waits"] {
  const batch = Number.isFinite(longestWait) ? { batch: longestWait / 1000 } : {};
  return { confirmations, queue: maxQueueAge / 1000, ...batch };
}
