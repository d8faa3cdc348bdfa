import { Interface, decodeBytes32String } from "ethers";

/** What people know a token by. */
export interface TokenMetadata {
  readonly symbol: string;
  readonly decimals: number;
}

export const ETHER: TokenMetadata = { symbol: "ETH", decimals: 18 };

/** ERC-20's optional methods. */
const METADATA = new Interface(["function symbol() view returns (string)", "function decimals() view returns (uint8)"]);
const MOST_SYMBOL = 32;

/** What an ERC-20 says of itself; of what it does not say, an empty symbol and no decimals. */
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
