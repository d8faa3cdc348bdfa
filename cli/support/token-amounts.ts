import { formatUnits, parseUnits } from "ethers";
import type { NodeClient, Token } from "../../api/client.ts";
import { everyPage } from "../../api/every-page.ts";
import { ETHER, MOST_DECIMALS } from "../../l1/token-metadata.ts";
import type { ConnectedWallet } from "../../wallet/index.ts";
import { SheafError } from "../../protocol/errors.ts";
import { l1AddressOf } from "../../protocol/l1-address.ts";
import type { FloatFormat } from "../../protocol/float.ts";
import { visible } from "../../protocol/visible.ts";

/** A token, and what it is called here. */
export interface NamedToken extends Token {
  /** The symbol, with the id where the symbol alone could be taken for another token's. */
  readonly label: string;
}

/** All tokens of a node's rollup. */
export async function tokensOf(node: NodeClient): Promise<readonly NamedToken[]> {
  const tokens: Token[] = [];
  const pages = everyPage((after) => node.tokens({ ...(after !== undefined && { after }) }));
  for await (const token of pages) tokens.push(token);
  return named(tokens);
}

/** All tokens of a rollup, with what each is called here. */
export const named = (tokens: readonly Token[]): readonly NamedToken[] =>
  tokens.map((token) => ({
    ...token,
    decimals: token.decimals <= MOST_DECIMALS ? token.decimals : 0,
    label: labelOf(token, tokens),
  }));

function labelOf({ id, symbol }: Token, all: readonly Token[]): string {
  if (id === 0) return ETHER.symbol;
  const isPlain = /^[!-~]+$/.test(symbol) && !isId(symbol);
  const hasNamesake = all.some((other) => other.id !== id && folded(other) === folded({ id, symbol }));
  if (isPlain && !hasNamesake) return symbol;
  return symbol === "" ? `token ${id}` : `"${symbol}" (token ${id})`;
}

const isId = (name: string): boolean => /^\d+$/.test(name);

/** Symbols that look the same to most people: in capitals or not, in wide letters, with something that nobody sees. */
const folded = ({ id, symbol }: Pick<Token, "id" | "symbol">): string => (id === 0 ? fold(ETHER.symbol) : fold(symbol));
const fold = (name: string): string =>
  name
    .normalize("NFKC")
    .replace(/[\p{C}\p{Z}\p{M}\p{Default_Ignorable_Code_Point}]/gu, "")
    .toLowerCase();

/** As `tokenAmong`, of a node's rollup. Throws also `NODE_MISMATCH`. */
export async function tokenNamed(wallet: ConnectedWallet, name: string): Promise<NamedToken> {
  const token = tokenAmong(await tokensOf(wallet.node), name);
  await wallet.requireToken(token);
  return token;
}

/** The token with this id, address or symbol. Throws `TOKEN_UNKNOWN`, also if the symbol is that of several, `FIELD_INVALID`. */
export function tokenAmong(tokens: readonly NamedToken[], name: string): NamedToken {
  const address = /^0x[0-9a-f]{40}$/i.test(name) ? l1AddressOf("the token", name) : undefined;
  const found = tokens.filter((token) => {
    if (isId(name)) return String(token.id) === name;
    if (address !== undefined) return token.id !== 0 && token.address.toLowerCase() === address.toLowerCase();
    return folded(token) === fold(name);
  });
  const [token, namesake] = found;
  if (token !== undefined && namesake === undefined) return token;
  const list = (token === undefined ? tokens : found).map(describe).join("; ");
  const what = token === undefined ? `no token is named ${name}; there are` : `more than one token is named ${name}:`;
  throw new SheafError("TOKEN_UNKNOWN", `${what} ${list}`);
}

const describe = ({ id, symbol, address }: Token): string =>
  id === 0 ? `0: ${ETHER.symbol}` : `${id}: ${visible(symbol)} at ${address}`;

/** Whole tokens, such as `0.25`, in base units. Throws `FIELD_INVALID`. */
export function amountIn(text: string, { label, decimals }: NamedToken): bigint {
  try {
    if (/^\d+(\.\d+)?$/.test(text)) return parseUnits(text, decimals);
  } catch {
    // More digits than the token has.
  }
  const fraction = decimals === 0 ? "no fraction" : `at most ${decimals} digits after a point`;
  throw new SheafError("FIELD_INVALID", `${text} is not an amount of ${label}: whole tokens, with ${fraction}`);
}

/** Base units as whole tokens, with what the token is called. */
export const amountText = (amount: bigint, { label, decimals }: Pick<NamedToken, "label" | "decimals">): string =>
  `${formatUnits(amount, decimals)} ${label}`;

/** Throws `AMOUNT_NOT_REPRESENTABLE`, which names the nearest amounts in whole tokens. */
export function requireFloat(float: FloatFormat, amount: bigint, token: NamedToken): void {
  const [below, above] = float.neighbours(amount);
  if (below.value === amount) return;
  const nearest = [below, above].flatMap((value) => (value ? amountText(value.value, token) : []));
  throw new SheafError(
    "AMOUNT_NOT_REPRESENTABLE",
    `${float.name} ${amountText(amount, token)} has too many digits; the nearest are ${nearest.join(" and ")}`,
  );
}
