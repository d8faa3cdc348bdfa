import type { z } from "zod";
import { ERRORS, SheafError, type ErrorCode } from "../protocol/errors.ts";
import { failure } from "./failure.ts";
import { parseEvents, type ServerEvent } from "./event-stream.ts";

export interface HttpOptions {
  readonly token?: string | undefined;
  /** Milliseconds for the beginning of an answer. Default: a minute. */
  readonly timeout?: number | undefined;
}

export interface RequestOptions {
  /** A text is JSON, bytes are bytes. */
  readonly body?: string | Uint8Array | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Statuses besides 2xx that are answers, not failures. */
  readonly accept?: readonly number[] | undefined;
}

/**
 * A service of Sheaf's over HTTP, by `fetch` alone: in Node and in browsers. Every call throws a `SheafError` with the
 * service's code, or SERVICE_UNREACHABLE.
 */
export class HttpClient {
  readonly url: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #timeout: number;

  constructor(url: string | URL, { token, timeout = 60_000 }: HttpOptions = {}) {
    this.url = String(url).replace(/\/$/, "");
    this.#headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    this.#timeout = timeout;
  }

  async json<T extends z.ZodType>(
    method: string,
    path: string,
    schema: T,
    options?: RequestOptions,
  ): Promise<z.output<T>> {
    const response = await this.fetch(method, path, options);
    const { success, data } = schema.safeParse(await response.json().catch(() => undefined));
    if (success) return data;
    throw new SheafError("SERVICE_UNREACHABLE", `${method} ${this.url}${path} did not answer as this service does`);
  }

  /** Server-sent events as they come, until the service ends them. */
  async *events(path: string, options?: RequestOptions): AsyncGenerator<ServerEvent, void, undefined> {
    const { body } = await this.fetch("GET", path, options);
    try {
      yield* parseEvents(body!);
    } catch (cause) {
      if (options?.signal?.aborted) throw cause;
      throw new SheafError("SERVICE_UNREACHABLE", `the events of ${this.url}${path} broke off`, { cause });
    }
  }

  async fetch(method: string, path: string, { body, signal, accept = [] }: RequestOptions = {}): Promise<Response> {
    const type = typeof body === "string" ? "application/json" : "application/octet-stream";
    const patience = new AbortController();
    const timer = setTimeout(() => patience.abort(), this.#timeout);
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: { ...this.#headers, ...(body !== undefined && { "content-type": type }) },
      signal: signal === undefined ? patience.signal : AbortSignal.any([patience.signal, signal]),
      ...(body !== undefined && { body: body as string | Uint8Array<ArrayBuffer> }),
    })
      .catch((cause: unknown) => {
        if (signal?.aborted) throw cause;
        throw new SheafError("SERVICE_UNREACHABLE", `${method} ${this.url}${path}: ${reasonOf(cause)}`, { cause });
      })
      // Only the answer's beginning has a time limit: a large file, or a stream of events, may take longer.
      .finally(() => clearTimeout(timer));
    if (response.ok || accept.includes(response.status)) return response;
    throw await errorOf(response);
  }
}

async function errorOf(response: Response): Promise<SheafError> {
  const { success, data } = failure.safeParse(await response.json().catch(() => undefined));
  if (success && data.code in ERRORS) return new SheafError(data.code as ErrorCode, data.message);
  return new SheafError("SERVICE_UNREACHABLE", `${response.url} answered with status ${response.status}`);
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error ? cause.message || String((cause as { code?: string }).code) : String(error);
}
