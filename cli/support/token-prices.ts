import { InvalidArgumentError } from "commander";
import { getAddress, isAddress } from "ethers";
import { SheafError } from "../../protocol/errors.ts";

/** What an ether is worth in base units of tokens, by their ids or addresses, as an operator names them. */
export type TokenPrices = ReadonlyMap<string, bigint>;

/** For commander, one after the other: `1=2500000000` says that an ether is worth 2,500 dollars of 6 decimals. */
export function tokenPrice(text: string, before: TokenPrices = new Map()): TokenPrices {
  const [, token, amount] = /^(\d{1,5}|0x[0-9a-fA-F]{40})=([1-9]\d{0,37})$/.exec(text) ?? [];
  const isRight = token !== undefined && token !== "0" && (!token.startsWith("0x") || isAddress(token));
  if (!isRight) {
    throw new InvalidArgumentError(
      "It must be TOKEN=AMOUNT: an id or an address, and what an ether is worth in base units.",
    );
  }
  return new Map([...before, [token, BigInt(amount!)]]);
}

/**
 * The prices by id.
 *
 * @param tokens addresses, by id
 * @throws SheafError TOKEN_UNKNOWN
 */
export function pricesById(prices: TokenPrices, tokens: readonly string[]): ReadonlyMap<number, bigint> {
  const idOf = (token: string): number => {
    const id = token.startsWith("0x")
      ? tokens.findIndex((address) => getAddress(address) === getAddress(token))
      : Number(token);
    if (id > 0 && id < tokens.length) return id;
    throw new SheafError(
      "TOKEN_UNKNOWN",
      `--price names token ${token}; the rollup has ${tokens.length} tokens, 0 is ETH`,
    );
  };
  return new Map([...prices].map(([token, amount]) => [idOf(token), amount]));
}
