import { formatUnits, parseUnits } from "ethers";
import type { NodeClient, Token } from "../../api/client.ts";
import type { ConnectedWallet } from "../../wallet/index.ts";
import { SheafError } from "../../protocol/errors.ts";
import type { FloatFormat } from "../../protocol/float.ts";

/** All tokens of a node's rollup. */
export async function tokensOf(node: NodeClient): Promise<readonly Token[]> {
  const tokens: Token[] = [];
  for (let after: string | null | undefined; after !== null;) {
    const page = await node.tokens({ ...(after !== undefined && { after }) });
    tokens.push(...page.items);
    after = page.next;
  }
  return tokens;
}

/** The token with this id or symbol. Throws `TOKEN_UNKNOWN`, also if several have the symbol, and `NODE_MISMATCH`. */
export async function tokenNamed(wallet: ConnectedWallet, name: string): Promise<Token> {
  const tokens = await tokensOf(wallet.node);
  const found = tokens.filter(({ id, symbol }) => String(id) === name || symbol.toLowerCase() === name.toLowerCase());
  if (found.length === 1) {
    await wallet.requireToken(found[0]!);
    return found[0]!;
  }
  const all = tokens.map(({ id, symbol }) => `${id} (${symbol})`).join(", ");
  const what = found.length === 0 ? "no token" : "more than one token";
  throw new SheafError("TOKEN_UNKNOWN", `${what} is named ${name}; there are ${all}`);
}

/** Whole tokens, such as `0.25`, in base units. Throws `FIELD_INVALID`. */
export function amountIn(text: string, { symbol, decimals }: Token): bigint {
  try {
    if (/^\d+(\.\d+)?$/.test(text)) return parseUnits(text, decimals);
  } catch {
    // More digits than the token has.
  }
  throw new SheafError("FIELD_INVALID", `${text} is no amount of ${symbol}, which has ${decimals} decimals`);
}

/** Throws `AMOUNT_NOT_REPRESENTABLE`, which names the nearest amounts in whole tokens. */
export function requireFloat(float: FloatFormat, amount: bigint, { symbol, decimals }: Token): void {
  const [below, above] = float.neighbours(amount);
  if (below.value === amount) return;
  const nearest = [below, above].flatMap((value) => (value ? `${formatUnits(value.value, decimals)} ${symbol}` : []));
  throw new SheafError(
    "AMOUNT_NOT_REPRESENTABLE",
    `${float.name} ${formatUnits(amount, decimals)} ${symbol} has too many digits; the nearest are ${nearest.join(" and ")}`,
  );
}
