import type { NodeClient, Token } from "../api/client.ts";
import { ETHER, MOST_DECIMALS } from "../l1/token-metadata.ts";
import { formatUnits } from "ethers";
import type { Connection } from "./connect.ts";

/** A token, and what it is called here. */
export interface NamedToken extends Token {
  /** The symbol, with the id where the symbol alone could be taken for another token's. */
  readonly label: string;
}

/** What it takes to write an amount for people. */
export type AmountUnit = Pick<NamedToken, "label" | "decimals">;

/** All tokens of a node's rollup. */
export async function tokensOf(node: NodeClient): Promise<readonly NamedToken[]> {
  const tokens: Token[] = [];
  for (let after: string | null | undefined; after !== null;) {
    const page = await node.tokens({ ...(after !== undefined && { after }) });
    tokens.push(...page.items);
    after = page.next;
  }
  return named(tokens);
}

/** All tokens of a rollup, with what each is called here. */
export const named = (tokens: readonly Token[]): readonly NamedToken[] =>
  tokens.map((token) => ({
    ...token,
    decimals: token.decimals <= MOST_DECIMALS ? token.decimals : 0,
    label: labelOf(token, tokens),
  }));

/**
 * A token for messages: L1's decimals, or the node's word without L1. Where nobody tells what it is, amounts stay in base
 * units: a message about something else is not lost for it.
 */
export async function unitOf({ node, l1 }: Pick<Connection, "node" | "l1">, id: number): Promise<AmountUnit> {
  if (id === 0) return { label: ETHER.symbol, decimals: ETHER.decimals };
  const unknown = { label: `token ${id}`, decimals: 0 };
  try {
    const token = (await tokensOf(node)).find((one) => one.id === id);
    if (token === undefined) return unknown;
    const decimals = (await l1?.metadata(id))?.decimals ?? token.decimals;
    return decimals === token.decimals ? token : unknown;
  } catch {
    return unknown;
  }
}

/** Base units as whole tokens, with what the token is called. */
export const amountText = (amount: bigint, { label, decimals }: AmountUnit): string =>
  `${formatUnits(amount, decimals)} ${label}`;

function labelOf({ id, symbol }: Token, all: readonly Token[]): string {
  if (id === 0) return ETHER.symbol;
  const isPlain = /^[!-~]+$/.test(symbol) && !isId(symbol);
  const hasNamesake = all.some((other) => other.id !== id && folded(other) === folded({ id, symbol }));
  if (isPlain && !hasNamesake) return symbol;
  return symbol === "" ? `token ${id}` : `"${symbol}" (token ${id})`;
}

export const isId = (name: string): boolean => /^\d+$/.test(name);

/** Symbols that look the same to most people: in capitals or not, in wide letters, with something that nobody sees. */
export const folded = ({ id, symbol }: Pick<Token, "id" | "symbol">): string =>
  id === 0 ? fold(ETHER.symbol) : fold(symbol);

export const fold = (name: string): string =>
  name
    .normalize("NFKC")
    .replace(/[\p{C}\p{Z}\p{M}\p{Default_Ignorable_Code_Point}]/gu, "")
    .toLowerCase();
