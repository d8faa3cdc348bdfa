import { Interface, decodeBytes32String } from "ethers";
import { cut } from "../protocol/visible.ts";

/** What people know a token by. */
export interface TokenMetadata {
  readonly symbol: string;
  readonly decimals: number;
}

export const ETHER: TokenMetadata = { symbol: "ETH", decimals: 18 };

/** ERC-20's optional methods; decimals as whatever a contract may answer, of which no more than eight bits count. */
const METADATA = new Interface([
  "function symbol() view returns (string)",
  "function decimals() view returns (uint256)",
]);
/** Code points of a symbol. */
const MOST_SYMBOL = 32;
/** With more of them, not even one whole token could be written in a word of L1's. */
export const MOST_DECIMALS = 77;

/** What an ERC-20 says of itself; of what it does not say, or nobody could count with, an empty symbol and no decimals. */
export async function metadataOf(call: (data: string) => Promise<string>): Promise<TokenMetadata> {
  const [symbol, decimals] = await Promise.all(
    (["symbol", "decimals"] as const).map((method) => call(METADATA.encodeFunctionData(method))),
  );
  return { symbol: symbolOf(symbol!), decimals: decimalsOf(decimals!) };
}

/** A few old tokens answer with 32 bytes in place of a string. */
function symbolOf(answer: string): string {
  for (const read of [
    () => String(METADATA.decodeFunctionResult("symbol", answer)[0]),
    () => decodeBytes32String(answer),
  ]) {
    try {
      return cut(read(), MOST_SYMBOL);
    } catch {
      continue;
    }
  }
  return "";
}

function decimalsOf(answer: string): number {
  try {
    const decimals = METADATA.decodeFunctionResult("decimals", answer)[0] as bigint;
    return decimals <= MOST_DECIMALS ? Number(decimals) : 0;
  } catch {
    return 0;
  }
}
