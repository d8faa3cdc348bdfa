import { routes, type RouteName } from "../../../api/routes.ts";
import type { NodeEvent } from "../../../api/schemas.ts";
import { mountExplorer } from "../../../node/http/explorer.ts";
import { SheafError } from "../../../protocol/errors.ts";
import { FakeNode, type Handlers } from "../node/fake-node.ts";
import type { ExplorerWorld } from "./explorer-world.ts";

const EVENTS = "/events";

/** A node of a made-up world, with the explorer's pages: for these alone. */
export class ExplorerNode extends FakeNode {
  world: ExplorerWorld;
  /** Routes that fail now. */
  readonly failing = new Set<RouteName | "events">();

  private constructor(world: ExplorerWorld) {
    super();
    this.world = world;
    this.refuseToAnswer = (path) => ([...this.failing].some((name) => isAt(path, name)) ? "RPC_BEHIND" : undefined);
  }

  static async open(world: ExplorerWorld): Promise<ExplorerNode> {
    const node = new ExplorerNode(world);
    await mountExplorer(node.app);
    await node.start();
    return node;
  }

  /** How many event streams are open. */
  get streams(): number {
    return this.listeners(EVENTS);
  }

  tell(event: NodeEvent): void {
    this.tellAt(EVENTS, event);
  }

  protected override greeting(): NodeEvent {
    return { type: "state", data: this.world.state };
  }

  protected readonly handlers: Handlers = {
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
      newest(this.world.batches.filter((one) => root === undefined || one.root === root).toReversed(), query),
    l1Transaction: ({ hash }) => this.world.l1Transactions.find((one) => one.hash === hash) ?? missing(),
    contract: () => this.world.contract,
    config: () => this.world.config,
    health: () => this.world.health,
    batch: ({ number }) => this.world.batches[number - 1] ?? missing(),
    transactions: (_, { account, l1Address, token, batch, status, ...query }) =>
      newest(
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

const isAt = (path: string, name: RouteName | "events"): boolean =>
  new RegExp(`^${(name === "events" ? EVENTS : routes[name].path).replace(/:[^/]+/g, "[^/]+")}$`).test(path);

const sameAddress = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase();

const missing = (): never => {
  throw new SheafError("ACCOUNT_NOT_FOUND", "there is no such thing here");
};

interface PageQuery {
  readonly limit?: number | undefined;
  readonly before?: string | undefined;
  readonly after?: string | undefined;
}

/** A part of a list that grows at its end; cursors are places in it. */
function page<T>(items: readonly T[], { limit = 50, after = "p0" }: PageQuery) {
  const start = Number(after.slice(1));
  const end = start + limit;
  return { items: items.slice(start, end), next: end < items.length ? `p${end}` : null };
}

/** A part of a list that grows at its beginning; cursors are places from its end, which stay where they are meanwhile. */
function newest<T>(items: readonly T[], { limit = 50, before }: PageQuery) {
  const start = before === undefined ? 0 : items.length - Number(before.slice(1));
  const end = start + limit;
  return { items: items.slice(start, end), next: end < items.length ? `p${items.length - end}` : null };
}
