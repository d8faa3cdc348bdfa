import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { bytesToHex } from "@noble/curves/utils.js";
import { packCoefficients } from "../../../l1/blob-opening.ts";
import { blobOf } from "../../../l1/blobs/layout.ts";

/** How a server of blobs treats who asks it. */
export type Manner =
  | "honest"
  | "gone" // it takes no connections
  | "silent" // it never answers
  | "stuck" // it begins to answer
  | "broken" // its answer breaks off
  | "endless" // its answer has no end
  | "failing"
  | "babbling" // what it answers is not JSON
  | "other"; // nor what one asks for

/** Answers as another Sheaf node does or, under `/eth/`, a beacon node, from what it is told that it has. */
export class BlobTestServer {
  readonly #server: Server;
  /** Coefficients by versioned hashes. A liar has others. */
  readonly blobs = new Map<string, readonly bigint[]>();
  /** Of a beacon node: the blobs of its slots, ours or not, as it gives them whichever are asked for. */
  readonly slots = new Map<number, readonly string[]>();
  /** What a beacon node says of time; none for a chain that has no slots. */
  spec: Readonly<Record<string, string>> | undefined = { SECONDS_PER_SLOT: "12" };
  genesis = 1_600_000_000;
  manner: Manner = "honest";
  readonly asked: string[] = [];
  readonly credentials: (string | undefined)[] = [];
  /** Requests that got no answer. */
  hanging = 0;
  #port = 0;

  private constructor() {
    this.#server = createServer((request, response) => {
      this.asked.push(request.url!);
      this.credentials.push(request.headers.authorization);
      this.#answer(new URL(request.url!, "http://localhost"), response);
    });
  }

  static async start(): Promise<BlobTestServer> {
    const server = new BlobTestServer();
    await server.#listen();
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** What a beacon node has of a blob. */
  static blobOf = (coefficients: readonly bigint[]): string => `0x${bytesToHex(blobOf(coefficients))}`;

  async #listen(): Promise<void> {
    await new Promise<void>((done) => this.#server.listen(this.#port, "127.0.0.1", done));
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  #answer(url: URL, response: ServerResponse): void {
    switch (this.manner) {
      case "gone":
        response.destroy();
        return;
      case "silent":
      case "stuck":
        if (this.manner === "stuck") response.write("{");
        this.hanging++;
        return;
      case "broken":
        response.writeHead(200, { "content-length": "1000" });
        response.write("{", () => response.destroy());
        return;
      case "endless":
        response.write("{");
        babble(response);
        return;
      case "failing":
        response.writeHead(503).end("<h1>\u001b[31mnothing here</h1>");
        return;
      case "babbling":
        response.end("<h1>hello</h1>");
        return;
      case "other":
        response.end('{"data":{"blobs":7},"coefficients":"0x01"}');
        return;
      case "honest": {
        const body = this.#body(url);
        if (body === undefined) response.writeHead(404);
        response.end(JSON.stringify(body ?? { code: "BLOB_UNKNOWN", message: "there is none" }));
      }
    }
  }

  #body({ pathname }: URL): object | undefined {
    const slot = /^\/eth\/v1\/beacon\/blobs\/(\d+)$/.exec(pathname)?.[1];
    if (slot !== undefined) return this.slots.has(Number(slot)) ? { data: this.slots.get(Number(slot)) } : undefined;
    if (pathname === "/eth/v1/beacon/genesis") return { data: { genesis_time: `${this.genesis}` } };
    if (pathname === "/eth/v1/config/spec") return this.spec && { data: this.spec };
    const versionedHash = /^\/blobs\/(0x[0-9a-f]{64})$/.exec(pathname)?.[1];
    const coefficients = this.blobs.get(versionedHash ?? "");
    return coefficients && { versionedHash, coefficients: `0x${bytesToHex(packCoefficients(coefficients))}` };
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return;
    this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
  }
}

/** Writes for as long as somebody reads. */
function babble(response: ServerResponse): void {
  const more = (): void => {
    while (!response.destroyed && response.write(" ".repeat(1 << 16)));
  };
  response.on("drain", more);
  more();
}
