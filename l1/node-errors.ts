/** What a node answers in place of a result (JSON-RPC 2.0, section 5.1), as far as it can be read. */
export interface NodeError {
  readonly code: number;
  readonly message: string;
  readonly data?: unknown;
}

/** Why a node refused a request that it may well answer a little later. */
export type Passing = "RPC_RATE_LIMITED" | "RPC_BEHIND";

/**
 * Codes for "not so often": HTTP's own, EIP-1474's, and those of nodes that are rented out. Their words differ, and
 * change.
 */
const RATE_LIMIT_CODES: readonly number[] = [429, -32005, -32016, -32029, -32090, -32097];
/** The same in words, under codes that mean something else elsewhere. */
const RATE_LIMIT = /rate.?limit|too many requests|requests? (per|limit)|throttl|compute units/i;
/** The same codes stand for limits on what one request may ask for: no waiting helps against those. */
const OWN_LIMITS: Readonly<Record<string, RegExp>> = {
  eth_getLogs: /range|blocks?\b|results?\b|response|logs\b|size|time(d )?-?out|cancel/i,
  eth_sendRawTransaction: /\bgas\b/i,
};
/** Geth, in the hours after its first synchronisation: it cannot say yet whether there is such a transaction. */
const INDEXING = /indexing (is )?in progress/i;
/** Of a block that the node does not have yet, or has no more. Wordings of Geth, Erigon, Nethermind, Besu, Reth, Anvil. */
const UNKNOWN_BLOCK =
  /(header|block)( number| hash)?( 0x[0-9a-f]+| \d+)? (was )?not (be )?found|(unknown|no such|could not find|cannot find) (header|block)|block is not available|block ?(number )?out ?of ?range|beyond (current )?(head|latest)|(after|past|ahead of) (the )?(latest|last|head)|block ?height|in the future/i;

/** Whether an error may pass by itself, and what it is if it does not. */
export function passing(method: string, { code, message }: NodeError): Passing | undefined {
  if (INDEXING.test(message)) return "RPC_BEHIND";
  if (RATE_LIMIT.test(message)) return "RPC_RATE_LIMITED";
  if (!RATE_LIMIT_CODES.includes(code) || OWN_LIMITS[method]?.test(message) === true) return undefined;
  return "RPC_RATE_LIMITED";
}

/** Whether a node says that it does not have a block. */
export const lacksBlock = ({ message }: Pick<NodeError, "message">): boolean => UNKNOWN_BLOCK.test(message);

/** Milliseconds that a node asks to wait, in the places where nodes say so; 0 if it does not. */
export function requestedPause(header: string | null, error?: NodeError): number {
  const seconds = header === null || header.trim() === "" ? NaN : Number(header);
  const until = Number.isNaN(seconds) ? Date.parse(header ?? "") / 1000 - Date.now() / 1000 : NaN;
  const rate = (error?.data as { readonly rate?: { readonly backoff_seconds?: unknown } } | null | undefined)?.rate;
  const inWords = /(?:retry|try again) (?:in|after) (\d+(?:\.\d+)?) ?s/i.exec(error?.message ?? "")?.[1];
  const all = [seconds, until, Number(rate?.backoff_seconds), Number(inWords)].filter(Number.isFinite);
  return Math.max(0, ...all) * 1000;
}
