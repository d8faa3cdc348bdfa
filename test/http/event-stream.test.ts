import { connect, type AddressInfo } from "node:net";
import { setImmediate as turn } from "node:timers/promises";
import { expect } from "chai";
import fastify, { type FastifyInstance } from "fastify";
import fc from "fast-check";
import { EventSender } from "../../http/event-sender.ts";
import { parseEvents, type ServerEvent } from "../../http/event-stream.ts";

describe("server-sent events", () => {
  it("are read as they were sent, however they were cut on the way", async () => {
    const events = fc.array(
      fc.record({
        event: fc.stringMatching(/^[a-z]{1,8}$/),
        data: fc.oneof(fc.json(), fc.constant(JSON.stringify("\u2028event: b\u2028data: c"))),
      }),
    );
    await fc.assert(
      fc.asyncProperty(events, fc.infiniteStream(fc.integer({ min: 1, max: 40 })), async (sent, cuts) => {
        const text = sent.map(({ event, data }) => `: still there\n\nevent: ${event}\ndata: ${data}\n\n`).join("");
        const read: ServerEvent[] = [];
        for await (const event of parseEvents(ReadableStream.from(pieces(Buffer.from(text), cuts)))) read.push(event);
        expect(read).to.deep.equal(sent);
      }),
    );
  });

  describe("to a client", () => {
    let app: FastifyInstance;
    let sender: EventSender | undefined;
    beforeEach(async () => {
      sender = undefined;
      app = fastify({ forceCloseConnections: true });
      app.get("/", (_, reply) => void (sender = new EventSender(reply)));
      await app.listen({ host: "127.0.0.1", port: 0 });
    });
    afterEach(() => app.close());

    const opened = async () => {
      const socket = connect((app.server.address() as AddressInfo).port, "127.0.0.1");
      socket.write("GET / HTTP/1.1\r\nhost: here\r\n\r\n");
      while (sender === undefined) await turn();
      return { socket, sender };
    };

    it("end when it has gone", async () => {
      const { socket, sender } = await opened();
      socket.destroy();
      await sender.closed;
      expect(sender.isOpen).to.be.false;
      sender.send("state", "{}"); // to nobody
    });

    it("end when it reads nothing, so that they do not fill the memory", async () => {
      const { socket, sender } = await opened();
      socket.pause();
      for (let i = 0; sender.isOpen && i < 2_000; i++) {
        sender.send("state", JSON.stringify("x".repeat(1 << 16)));
        await turn();
      }
      expect(sender.isOpen).to.be.false;
      socket.destroy();
    });
  });
});

function* pieces(bytes: Uint8Array, lengths: Iterator<number>): Generator<Uint8Array> {
  for (let start = 0; start < bytes.length;) {
    const length = lengths.next().value as number;
    yield bytes.subarray(start, start + length);
    start += length;
  }
}
