import { SheafError } from "../../protocol/errors.ts";

/** Where requests go, and what goes with each. */
export interface Endpoint {
  /** Without a user name and password. */
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Takes a user name and password out of a URL, for `fetch` takes none there.
 *
 * @param whose what the URL is of, for messages
 * @throws SheafError FIELD_INVALID
 */
export function endpointOf(text: string, whose: string): Endpoint {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new SheafError("FIELD_INVALID", `${text} is no http(s) URL of ${whose}`);
  }
  if (url.username === "") return { url, headers: {} };
  const credentials = [url.username, url.password].map(decodeURIComponent).join(":");
  [url.username, url.password] = ["", ""];
  return { url, headers: { authorization: `Basic ${Buffer.from(credentials).toString("base64")}` } };
}
