import { z } from "zod";
import { SheafError, type ErrorCode } from "../protocol/errors.ts";
import { withRetries, type RetryOptions } from "./retry.ts";

/** One JSON-RPC call to an L1 node: its result, or an `RpcError`, or a `SheafError` where there was no answer. */
export type Rpc = (method: string, params: readonly unknown[]) => Promise<unknown>;

/** What a node answers in place of a result (JSON-RPC 2.0, section 5.1). */
export class RpcError extends Error {
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
 * A node's JSON-RPC over HTTP. Dropped connections, timeouts, rate limits and garbled answers are tried again.
 *
 * Its calls throw `NETWORK_UNREACHABLE`, `RPC_RATE_LIMITED` or `RPC_MALFORMED` when patience ends, `RpcError` at once.
 *
 * @param url may hold a user name and password
 * @throws SheafError FIELD_INVALID
 */
export function httpRpc(url: string, { timeout = 30_000, ...retries }: HttpOptions = {}): Rpc {
  const { endpoint, headers } = endpointOf(url);
  let id = 0;
  return async (method, params) => {
    const body = JSON.stringify({ jsonrpc: "2.0", id: ++id, method, params });
    const patience = (error: unknown): number | undefined => (error instanceof Failure ? error.retryAfter : undefined);
    try {
      return await withRetries(() => post(endpoint, headers, body, timeout), patience, retries);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      throw new SheafError(error.code, `${method} of ${endpoint.host}: ${error.message}`, { cause: error });
    }
  };
}

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

function endpointOf(url: string): { endpoint: URL; headers: Record<string, string> } {
  const endpoint = URL.parse(url);
  if (endpoint === null || !/^https?:$/.test(endpoint.protocol)) {
    throw new SheafError("FIELD_INVALID", `${url} is no http(s) URL of an RPC node`);
  }
  const headers: Record<string, string> = { "content-type": "application/json" };
  if (endpoint.username !== "") {
    const credentials = [endpoint.username, endpoint.password].map(decodeURIComponent).join(":");
    headers["authorization"] = `Basic ${Buffer.from(credentials).toString("base64")}`;
    [endpoint.username, endpoint.password] = ["", ""];
  }
  return { endpoint, headers };
}

const TOO_MANY_REQUESTS = 429;
/** Wordings of hosted nodes that answer a rate limit with a JSON-RPC error. Limits on *results* are another matter. */
const RATE_LIMIT = /rate.?limit|too many requests|requests? per|throttl|compute units/i;

const answerSchema = z.looseObject({
  result: z.unknown().optional(),
  error: z.looseObject({ code: z.number(), message: z.string(), data: z.unknown().optional() }).nullish(),
});

async function post(endpoint: URL, headers: Record<string, string>, body: string, timeout: number): Promise<unknown> {
  let response: Response;
  let text: string;
  try {
    response = await fetch(endpoint, { method: "POST", headers, body, signal: AbortSignal.timeout(timeout) });
    text = await response.text();
  } catch (cause) {
    throw new Failure("NETWORK_UNREACHABLE", `no answer: ${reasonOf(cause)}`, { cause });
  }
  const status = `HTTP ${response.status}`;
  if (response.status === TOO_MANY_REQUESTS) {
    const seconds = Number(response.headers.get("retry-after"));
    throw new Failure("RPC_RATE_LIMITED", status, { retryAfter: Number.isFinite(seconds) ? seconds * 1000 : 0 });
  }
  const answer = answerSchema.safeParse(parseJson(text));
  if (answer.data?.error) {
    const { code, message, data } = answer.data.error;
    if (code === TOO_MANY_REQUESTS || RATE_LIMIT.test(message)) throw new Failure("RPC_RATE_LIMITED", message, {});
    throw new RpcError(code, message, data);
  }
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
