import type { Socket } from "node:net";
import { Duplex } from "node:stream";

/** Bytes that are handed on at once, in which a request may begin: a dozen of the shortest fit. */
const SLICE = 256;

type Done = (error?: Error | null) => void;

/**
 * A connection that is read in small slices, and not at all while it is held. Node's parser takes all that has come at a
 * time, which may be thousands of requests, and cannot be stopped amid it.
 */
export class SlicedConnection extends Duplex {
  readonly #socket: Socket;
  #isWanted = false;
  #isHeld = false;
  /** Bytes to come in which no request begins: of a body. */
  #body = 0;

  constructor(socket: Socket) {
    // Nothing is read ahead: bytes that have been handed on cannot be held back.
    super({ readableHighWaterMark: 0, writableHighWaterMark: socket.writableHighWaterMark, decodeStrings: false });
    this.#socket = socket;
    socket.on("readable", () => this.#pass());
    socket.on("end", () => this.push(null));
    socket.on("timeout", () => this.emit("timeout"));
    socket.on("error", (error) => this.destroy(error));
    socket.on("close", () => this.destroy());
  }

  get remoteAddress(): string | undefined {
    return this.#socket.remoteAddress;
  }

  get remotePort(): number | undefined {
    return this.#socket.remotePort;
  }

  get localPort(): number | undefined {
    return this.#socket.localPort;
  }

  /** Nothing is read until `release`. */
  hold(): void {
    this.#isHeld = true;
  }

  release(): void {
    this.#isHeld = false;
    this.#pass();
  }

  /** So much of a body is to come, some of which may be there already: it need not come in small slices. */
  expectBody(bytes: number): void {
    this.#body = Math.max(0, bytes - SLICE);
  }

  setTimeout(milliseconds: number, listener?: () => void): this {
    this.#socket.setTimeout(milliseconds);
    if (listener !== undefined) this.once("timeout", listener);
    return this;
  }

  destroySoon(): void {
    if (this.writable) this.end();
    if (this.writableFinished) this.destroy();
    else this.once("finish", () => this.destroy());
  }

  override _read(): void {
    this.#isWanted = true;
    this.#pass();
  }

  override _write(chunk: Buffer | string, encoding: BufferEncoding, done: Done): void {
    this.#socket.write(chunk, encoding, done);
  }

  /** A head and its body leave together. */
  override _writev(
    chunks: readonly { readonly chunk: Buffer | string; readonly encoding: BufferEncoding }[],
    done: Done,
  ) {
    this.#socket.cork();
    chunks.forEach(({ chunk, encoding }, i) =>
      this.#socket.write(chunk, encoding, i === chunks.length - 1 ? done : undefined),
    );
    this.#socket.uncork();
  }

  override _final(done: Done): void {
    this.#socket.end(() => done());
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#socket.destroy();
    done(error);
  }

  #pass(): void {
    if (!this.#isWanted || this.#isHeld) return;
    const bytes = Math.min(this.#socket.readableLength, Math.max(SLICE, this.#body));
    // The bytes that are there, or nothing: then the socket says when there is more.
    const slice = this.#socket.read(bytes) as Buffer | null;
    if (slice === null) return;
    this.#body = Math.max(0, this.#body - slice.length);
    this.#isWanted = false;
    this.push(slice);
  }
}
