import { ZeroAddress } from "ethers";
import type { Query } from "../../api/routes.ts";
import type { Token } from "../../api/schemas.ts";
import { ETHER, metadataOf, type TokenMetadata } from "../../l1/token-metadata.ts";
import { Memoised } from "../../lib/memoised.ts";
import { SheafError } from "../../protocol/errors.ts";
import { inTime } from "../l1/l1-timeout.ts";
import type { Rpc } from "../l1/rpc.ts";
import type { Store } from "../store/store.ts";
import { callContract } from "./contract-call.ts";
import { pageOf, type Page } from "./paging.ts";

/** The rollup's tokens, with what their contracts on L1 say of themselves, asked once. */
export class Tokens {
  readonly #store: Store;
  readonly #rpc: Rpc;
  readonly #metadata: Memoised<string, TokenMetadata>;

  constructor(store: Store, rpc: Rpc) {
    this.#store = store;
    this.#rpc = rpc;
    this.#metadata = new Memoised((address) => this.#ask(address));
  }

  /** Throws `TOKEN_UNKNOWN`. */
  require(token: number): void {
    const count = this.#store.tokens().length;
    if (token >= count)
      throw new SheafError("TOKEN_UNKNOWN", `there is no token ${token}; the last one is ${count - 1}`);
  }

  /** Throws as `Rpc` does, and `RPC_REFUSED`. */
  async page({ limit, after }: Query<"tokens">): Promise<Page<Token>> {
    const addresses = this.#store.tokens();
    const list = (beyond = "-1", limit = 0) =>
      [...addresses.keys()]
        .slice(Number(beyond) + 1, Number(beyond) + 1 + limit)
        .map((id) => ({ item: id, position: `${id}` }));
    const { items, next } = pageOf([{ name: "t", list }], after, limit);
    const tokens = items.map(async (id) => {
      const address = addresses[id]!;
      return { id, address, ...(await inTime(this.#metadata.get(address))) };
    });
    return { items: await Promise.all(tokens), next };
  }

  async #ask(address: string): Promise<TokenMetadata> {
    return address === ZeroAddress ? ETHER : metadataOf((data) => callContract(this.#rpc, address, data));
  }
}
