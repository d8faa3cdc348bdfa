import * as z from "zod";
import { passing, requestedPause, type NodeError } from "../../l1/node-errors.ts";
import { withRetries, type RetryOptions } from "../../lib/retry.ts";
import { SheafError, type ErrorCode } from "../../protocol/errors.ts";
import { endpointOf } from "./endpoint.ts";

/** One JSON-RPC call to an L1 node: its result, or an `RpcError`, or a `SheafError` where there was no answer. */
export type Rpc = (method: string, params: readonly unknown[]) => Promise<unknown>;

/** What a node answers in place of a result. */
export class RpcError extends Error implements NodeError {
  override readonly name = "RpcError";
  readonly code: number;
  /** What the node adds: the bytes of a contract's error, for a call that reverts. */
  readonly data: unknown;

  constructor(code: number, message: string, data?: unknown) {
    super(message);
    this.code = code;
    this.data = data;
  }
}

export interface HttpOptions extends RetryOptions {
  /** Milliseconds until a request counts as lost. */
  readonly timeout?: number;
}

/** A failure that may pass; `code` is what it becomes when it does not. */
class Failure extends Error {
  readonly code: ErrorCode;
  /** Milliseconds that the server asks to wait. */
  readonly retryAfter: number;

  constructor(code: ErrorCode, message: string, { retryAfter = 0, cause }: { retryAfter?: number; cause?: unknown }) {
    super(message, { cause });
    this.code = code;
    this.retryAfter = retryAfter;
  }
}

/**
 * A node's JSON-RPC over HTTP. Dropped connections, timeouts, rate limits, garbled answers, and what a node cannot answer
 * yet are tried again.
 *
 * Its calls throw `NETWORK_UNREACHABLE`, `RPC_RATE_LIMITED`, `RPC_BEHIND` or `RPC_MALFORMED` when patience ends, `RpcError`
 * at once.
 *
 * @param url may hold a user name and password
 * @throws SheafError FIELD_INVALID
 */
export function httpRpc(url: string, { timeout = 30_000, ...retries }: HttpOptions = {}): Rpc {
  const { url: endpoint, headers: own } = endpointOf(url, "an RPC node");
  const headers = { "content-type": "application/json", ...own };
  let id = 0;
  return async (method, params) => {
    const body = JSON.stringify({ jsonrpc: "2.0", id: ++id, method, params });
    const patience = (error: unknown): number | undefined => (error instanceof Failure ? error.retryAfter : undefined);
    try {
      return await withRetries(() => post(endpoint, headers, method, body, timeout), patience, retries);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      throw new SheafError(error.code, `${method} of ${endpoint.host}: ${error.message}`, { cause: error });
    }
  };
}

/** A code that means a rate limit by the standard, and a range or an answer that is too long for a few nodes. */
const LIMIT_EXCEEDED = -32005;

/** Whether a rate limit may have been a limit on what the request asked for: the node does not say which. */
export const isUnclearLimit = (error: unknown): boolean =>
  error instanceof SheafError &&
  error.code === "RPC_RATE_LIMITED" &&
  error.cause instanceof Failure &&
  error.cause.cause instanceof RpcError &&
  error.cause.cause.code === LIMIT_EXCEEDED;

/** A provider in this process, such as Hardhat's network, or a wallet's (EIP-1193). */
export function providerRpc(provider: { request(call: { method: string; params: unknown[] }): Promise<unknown> }): Rpc {
  return async (method, params) => {
    try {
      return await provider.request({ method, params: [...params] });
    } catch (error) {
      if (!(error instanceof Error) || !("code" in error) || typeof error.code !== "number") throw error;
      throw new RpcError(error.code, error.message, "data" in error ? error.data : undefined);
    }
  };
}

const TOO_MANY_REQUESTS = 429;
const TOO_LARGE: readonly number[] = [400, 413];

/** Errors as the standard has them, and as gateways before nodes make them: without a code, or a mere text. */
const errorSchema = z.union([
  z.object({ code: z.coerce.number().catch(0), message: z.string().catch(""), data: z.unknown().optional() }),
  z.string().transform((message): NodeError => ({ code: 0, message })),
]);
const answerSchema = z.looseObject({ result: z.unknown().optional(), error: errorSchema.nullish() });

async function post(
  endpoint: URL,
  headers: Readonly<Record<string, string>>,
  method: string,
  body: string,
  timeout: number,
): Promise<unknown> {
  let response: Response;
  let text: string;
  try {
    response = await fetch(endpoint, { method: "POST", headers, body, signal: AbortSignal.timeout(timeout) });
    text = await response.text();
  } catch (cause) {
    throw new Failure("NETWORK_UNREACHABLE", `no answer: ${reasonOf(cause)}`, { cause });
  }
  const status = `HTTP ${response.status}`;
  const answer = answerSchema.safeParse(parseJson(text));
  const error = answer.data?.error ?? undefined;
  const retryAfter = requestedPause(response.headers.get("retry-after"), error);
  if (response.status === TOO_MANY_REQUESTS) {
    throw new Failure("RPC_RATE_LIMITED", error?.message ?? status, { retryAfter });
  }
  if (error !== undefined) {
    const cause = new RpcError(error.code, error.message, error.data);
    const code = passing(method, error);
    if (code === undefined) throw cause;
    throw new Failure(code, `${error.message} (code ${error.code})`, { retryAfter, cause });
  }
  // Of a gateway, about this request, which asks for too much or is too long.
  if (TOO_LARGE.includes(response.status)) throw new RpcError(response.status, status);
  if (!response.ok) throw new Failure("NETWORK_UNREACHABLE", `the node answers ${status}`, {});
  if (answer.data?.result === undefined) {
    throw new Failure("RPC_MALFORMED", `the answer is no JSON-RPC: ${text.slice(0, 80)}`, {});
  }
  return answer.data.result;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Node's `fetch` hides the reason in the cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message} (${error.cause.message})` : error.message;
}
