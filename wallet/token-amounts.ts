import { parseUnits } from "ethers";
import type { Token } from "../api/client.ts";
import { ETHER } from "../l1/token-metadata.ts";
import { SheafError } from "../protocol/errors.ts";
import type { FloatFormat } from "../protocol/float.ts";
import { l1AddressOf } from "../protocol/l1-address.ts";
import { visible } from "../protocol/visible.ts";
import type { ConnectedWallet } from "./index.ts";
import { amountText, fold, folded, isId, tokensOf, type NamedToken } from "./named-tokens.ts";

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
