import { createContext, type ComponentChildren } from "preact";
import { useContext } from "preact/hooks";
import { everyPage } from "../../api/every-page.ts";
import { node, type Token } from "./node.ts";
import { useResource } from "./resource.ts";

const Tokens = createContext<ReadonlyMap<number, Token>>(new Map());

/** Makes the rollup's tokens known to all parts of the page. There are at most 2^16, and few in practice. */
export function TokensProvider({ children }: { readonly children: ComponentChildren }) {
  const { value = new Map<number, Token>() } = useResource("tokens", loadTokens);
  return <Tokens.Provider value={value}>{children}</Tokens.Provider>;
}

export const useTokens = (): ReadonlyMap<number, Token> => useContext(Tokens);

/** A token's symbol and decimals; undefined until they are known. */
export const useToken = (id: number): Token | undefined => useTokens().get(id);

export async function loadTokens(): Promise<ReadonlyMap<number, Token>> {
  const tokens = new Map<number, Token>();
  const pages = everyPage((after) => node.tokens({ limit: 200, ...(after !== undefined && { after }) }));
  for await (const token of pages) tokens.set(token.id, token);
  return tokens;
}
