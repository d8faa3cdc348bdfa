import type { FastifyReply } from "fastify";

/** Milliseconds after which something is sent although nothing happened, so that nothing between closes the stream. */
const QUIET_MS = 15_000;
/** Bytes that may wait for a client that reads slowly, before it is cut off. */
const MAX_WAITING = 256 << 10;

/** The sending end of a stream of server-sent events (html.spec.whatwg.org, 9.2). */
export class EventSender {
  readonly #raw: FastifyReply["raw"];
  readonly #quiet: NodeJS.Timeout;
  /** When the stream has ended, whoever ended it. */
  readonly closed: Promise<void>;

  /** Answers a request with a stream. */
  constructor(reply: FastifyReply) {
    this.#raw = reply.raw;
    reply.hijack();
    this.#raw.writeHead(200, {
      ...(reply.getHeaders() as Record<string, string>),
      "content-type": "text/event-stream",
      "cache-control": "no-store",
      "x-accel-buffering": "no",
    });
    this.#raw.flushHeaders();
    this.#quiet = setInterval(() => this.#write(": still there\n\n"), QUIET_MS);
    this.closed = new Promise((done) =>
      this.#raw.on("close", () => {
        clearInterval(this.#quiet);
        done();
      }),
    );
  }

  get isOpen(): boolean {
    return !this.#raw.writableEnded && !this.#raw.destroyed;
  }

  /** @param text the event's data, without line breaks */
  send(event: string, text: string): void {
    this.#write(`event: ${event}\ndata: ${text}\n\n`);
  }

  end(): void {
    this.#raw.end();
  }

  #write(text: string): void {
    if (!this.isOpen) return;
    if (this.#raw.writableLength > MAX_WAITING) this.#raw.destroy();
    else this.#raw.write(text);
  }
}
