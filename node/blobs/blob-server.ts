import { endpointOf, type Endpoint } from "../l1/endpoint.ts";

/** A server of blobs that is asked by GET. Its answers are not believed, nor are they taken at any length. */
export class BlobServer {
  readonly #endpoint: Endpoint;

  /**
   * @param whose what the URL is of, for messages
   * @throws SheafError FIELD_INVALID
   */
  constructor(url: string, whose: string) {
    this.#endpoint = endpointOf(url, whose);
  }

  get host(): string {
    return this.#endpoint.url.host;
  }

  /**
   * The answer to a GET, parsed; `undefined` for a 404.
   *
   * @param path after the URL's own, with a query if there is one
   * @param limit bytes after which no more is read
   * @throws Error with the reason
   */
  async get(path: string, limit: number, signal: AbortSignal): Promise<unknown> {
    const { url, headers } = this.#endpoint;
    const [own, query] = path.split("?");
    const target = new URL(url);
    target.pathname = target.pathname.replace(/\/*$/, own!);
    for (const [name, value] of new URLSearchParams(query)) target.searchParams.append(name, value);
    const response = await fetch(target, { headers, signal }).catch(() => {
      throw new Error("it does not answer");
    });
    if (!response.ok) {
      await response.body?.cancel();
      if (response.status === NOT_FOUND) return undefined;
      throw new Error(`it answers HTTP ${response.status}`);
    }
    const text = await textOf(response, limit);
    try {
      return JSON.parse(text);
    } catch {
      throw new Error("its answer is not JSON");
    }
  }
}

const NOT_FOUND = 404;

async function textOf({ body }: Response, limit: number): Promise<string> {
  const parts: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const part of body ?? []) {
      length += part.length;
      if (length > limit) break;
      parts.push(part);
    }
  } catch {
    throw new Error("its answer breaks off");
  }
  if (length > limit) throw new Error(`its answer is longer than ${limit} bytes`);
  return Buffer.concat(parts).toString("utf8");
}
