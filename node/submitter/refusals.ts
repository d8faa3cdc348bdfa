/**
 * Why a node did not take a transaction:
 * - `known`: it has it already.
 * - `spent`: a transaction with this nonce was mined.
 * - `underpriced`: it asks for more, or for more than the transaction that it has with this nonce.
 * - `wait`: it may take it later, as when funds have come or its mempool has room.
 */
export type Refusal = "known" | "spent" | "underpriced" | "wait" | "other";

/** JSON-RPC has no codes for these. Wordings of Geth, Erigon, Nethermind, Besu, Reth and Hardhat, in this order. */
const WORDINGS: readonly (readonly [Refusal, RegExp])[] = [
  ["known", /already ?known|known transaction|already (imported|in|exists)|existing tx with same hash/i],
  ["spent", /nonce (is )?too low|old ?nonce|nonce has already been used/i],
  [
    "underpriced",
    /underpriced|replacement ?not ?allowed|could not replace|fee(pergas|perblobgas| cap)?( \(\d+\))? ?(is )?too ?low|less than block (base|blob gas) fee|blob_gas_price. is greater than|price (is )?(too low|below)/i,
  ],
  [
    "wait",
    /already reserved|conflict|insufficient ?funds|enough funds|exceeds account balance|pool is full|nonce ?(is )?(too high|gap)|future transaction|in-flight|limit (reached|exceeded)|internal error|time(d )?-?out|unavailable|overload/i,
  ],
];

/** Reads a refusal's message. */
export function refusalOf(message: string): Refusal {
  return WORDINGS.find(([, wording]) => wording.test(message))?.[0] ?? "other";
}
