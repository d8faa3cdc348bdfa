import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Notice } from "../../../node/watch/webhook.ts";

/** Takes what a watch posts. */
export class WebhookServer {
  readonly url: string;
  readonly notices: Notice[];
  readonly #server: Server;

  private constructor(server: Server, notices: Notice[]) {
    this.#server = server;
    this.notices = notices;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  static async start(): Promise<WebhookServer> {
    const notices: Notice[] = [];
    const server = createServer((request, response) => {
      void (async () => {
        const chunks = (await request.toArray()) as Buffer[];
        notices.push(JSON.parse(Buffer.concat(chunks).toString("utf8")) as Notice);
        response.writeHead(204).end();
      })();
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    return new WebhookServer(server, notices);
  }

  close(): void {
    this.#server.close();
  }
}
