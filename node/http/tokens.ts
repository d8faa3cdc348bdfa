import { Interface, ZeroAddress, decodeBytes32String } from "ethers";
import type { Query } from "../../api/routes.ts";
import type { Token } from "../../api/schemas.ts";
import { SheafError } from "../../protocol/errors.ts";
import { RpcError, type Rpc } from "../rpc.ts";
import type { Store } from "../store/store.ts";
import { inTime } from "../in-time.ts";
import { pageOf, type Page } from "./paging.ts";
import { Remembered } from "./remembered.ts";

/** ERC-20's optional methods. */
const METADATA = new Interface(["function symbol() view returns (string)", "function decimals() view returns (uint8)"]);
const MOST_SYMBOL = 32;
/** Nodes' words where a contract, not the node, does not answer: as one that lacks the method, old ones by a wrong opcode. */
const IS_CONTRACTS = /revert|opcode|jump|out of gas|stack (under|over)flow|vm (execution|exception)/i;

/** The rollup's tokens, with what their contracts on L1 say of themselves, asked once. */
export class Tokens {
  readonly #store: Store;
  readonly #rpc: Rpc;
  readonly #metadata: Remembered<string, Pick<Token, "symbol" | "decimals">>;

  constructor(store: Store, rpc: Rpc) {
    this.#store = store;
    this.#rpc = rpc;
    this.#metadata = new Remembered((address) => this.#ask(address));
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

  async #ask(address: string): Promise<Pick<Token, "symbol" | "decimals">> {
    if (address === ZeroAddress) return { symbol: "ETH", decimals: 18 };
    const [symbol, decimals] = await Promise.all([this.#call(address, "symbol"), this.#call(address, "decimals")]);
    return { symbol: symbolOf(symbol), decimals: decimalsOf(decimals) };
  }

  /** What a method returns; nothing if the contract does not have it. */
  async #call(to: string, method: string): Promise<string> {
    const data = METADATA.encodeFunctionData(method);
    try {
      return String(await this.#rpc("eth_call", [{ to, data }, "latest"]));
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
      if (IS_CONTRACTS.test(error.message)) return "0x";
      // For once the node has no answer: what it would be is not to be guessed, nor remembered.
      throw new SheafError("RPC_REFUSED", `the node refuses ${method}() of ${to}: ${error.message}`, { cause: error });
    }
  }
}

/** A few old tokens answer with 32 bytes in place of a string. */
function symbolOf(answer: string): string {
  for (const read of [
    () => String(METADATA.decodeFunctionResult("symbol", answer)[0]),
    () => decodeBytes32String(answer),
  ]) {
    try {
      return read().slice(0, MOST_SYMBOL);
    } catch {
      continue;
    }
  }
  return "";
}

function decimalsOf(answer: string): number {
  try {
    return Number(METADATA.decodeFunctionResult("decimals", answer)[0]);
  } catch {
    return 0;
  }
}
