import { fork } from "node:child_process";
import { once } from "node:events";
import { get, type IncomingMessage } from "node:http";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import type { FastifyInstance } from "fastify";
import { pino } from "pino";
import * as z from "zod";
import { Rota } from "../../http/rota.ts";
import { makeHttpServer, type HttpServerOptions } from "../../http/server.ts";
import { newFolder } from "../support/folders.ts";
import { until } from "../support/until.ts";

const LIMITS = {
  requests: { max: 1_000, perSeconds: 600 },
  connections: { perClient: 100, inAll: 100 },
};

describe("limits of an HTTP server", () => {
  let app: FastifyInstance;
  let port: number;
  const open: Socket[] = [];
  afterEach(async () => {
    for (const socket of open.splice(0)) socket.destroy();
    await app.close();
  });

  async function start(change: Partial<HttpServerOptions> = {}, add?: (app: FastifyInstance) => void): Promise<void> {
    const log = pino({ level: "silent" });
    app = await makeHttpServer({ title: "test", log, maxBody: 1_000, limits: LIMITS, origins: "*", ...change });
    app.get("/", { schema: { response: { 200: z.object({ ok: z.boolean() }) } } }, async () => ({ ok: true }));
    add?.(app);
    port = Number(new URL(await app.listen({ host: "127.0.0.1", port: 0 })).port);
  }

  /** A connection, and what has come on it. */
  async function dial(): Promise<{ readonly socket: Socket; text(): string; readonly closed: Promise<unknown> }> {
    const socket = connect(port, "127.0.0.1");
    open.push(socket);
    let text = "";
    socket.on("data", (chunk) => (text += chunk.toString()));
    socket.on("error", () => undefined);
    const closed = once(socket, "close");
    await once(socket, "connect");
    return { socket, text: () => text, closed };
  }

  /** The answer to a request as it stands. */
  async function ask(head: string): Promise<string> {
    const { socket, text, closed } = await dial();
    socket.write(`${head}\r\nconnection: close\r\n\r\n`);
    await closed;
    return text();
  }

  const HOST = "host: a";
  for (const [what, head, status] of [
    ["a route", `GET / HTTP/1.1\r\n${HOST}`, 200],
    ["the document", `GET /openapi.json HTTP/1.1\r\n${HOST}`, 200],
    ["what is not there", `GET /nowhere HTTP/1.1\r\n${HOST}`, 404],
    ["another method", `DELETE / HTTP/1.1\r\n${HOST}`, 405],
    ["a path that is none", `GET /%zz HTTP/1.1\r\n${HOST}`, 400],
    ["a preflight", `OPTIONS / HTTP/1.1\r\n${HOST}\r\norigin: b\r\naccess-control-request-method: GET`, 204],
    ["a request without a Host", "GET / HTTP/1.1", 400],
  ] as const) {
    it(`come before ${what}`, async () => {
      await start({ limits: { ...LIMITS, requests: { max: 2, perSeconds: 600 } } });
      for (const wanted of [status, status, 429]) {
        const answer = await ask(head);
        expect(answer).to.match(new RegExp(`^HTTP/1.1 ${wanted} `));
        if (wanted === 429) expect(answer).to.include('"code":"RATE_LIMITED"');
      }
    });
  }

  it("are told to pages of other origins", async () => {
    await start({ limits: { ...LIMITS, requests: { max: 0, perSeconds: 600 } } });
    const answer = await ask(`GET / HTTP/1.1\r\n${HOST}\r\norigin: https://b.example`);
    expect(answer).to.match(/^HTTP\/1.1 429 [^]*\r\naccess-control-allow-origin: \*\r\n/);
  });

  it("answer a request without a Host with a code, but not one of HTTP/1.0", async () => {
    await start();
    expect(await ask("GET / HTTP/1.1")).to.match(/^HTTP\/1.1 400 [^]*"code":"FIELD_INVALID","message":"[^"]*Host/);
    expect(await ask("GET / HTTP/1.0")).to.match(/^HTTP\/1.1 200 /);
  });

  it("answer whatever a client expects", async () => {
    await start();
    expect(await ask(`GET / HTTP/1.1\r\n${HOST}\r\nexpect: the-unexpected`)).to.match(/^HTTP\/1.1 200 /);
  });

  it("let a client have so many connections, and again when it has closed some", async () => {
    await start({ limits: { ...LIMITS, connections: { perClient: 2, inAll: 9 } } });
    const [first] = [await dial(), await dial()];
    const refused = await dial();
    await refused.closed;
    expect(refused.text()).to.match(/^HTTP\/1.1 429 [^]*"code":"SERVICE_BUSY"/);
    first.socket.destroy();
    await until(async () => /^HTTP\/1.1 200 /.test(await ask(`GET / HTTP/1.1\r\n${HOST}`)) || undefined, "an answer");
  });

  it("count a proxy's connections together with all, and not as one client's", async () => {
    const connections = { perClient: 1, inAll: 3 };
    await start({ proxies: ["10.0.0.0/8", "loopback"], limits: { ...LIMITS, connections } });
    for (let i = 0; i < 3; i++) await dial();
    const refused = await dial();
    await refused.closed;
    expect(refused.text()).to.match(/^HTTP\/1.1 429 [^]*3 connections are open/);
  });

  it("end a connection on which no request comes, or none that ends", async () => {
    await start({ requestTimeout: 300 });
    const [silent, slow] = [await dial(), await dial()];
    slow.socket.write("GET / HTTP/1.1\r\nhost:");
    await Promise.all([silent.closed, slow.closed]);
    expect(slow.text()).to.match(/^HTTP\/1.1 408 [^]*"code":"FIELD_INVALID"/);
  });

  it("handle the requests of a connection one after the other, and answer all", async () => {
    let [begun, most] = [0, 0];
    await start({}, (app) => {
      app.get("/slow", async (_, reply) => {
        most = Math.max(most, ++begun);
        await sleep(5);
        begun--;
        return reply.send(`answer ${"x".repeat(10_000)}`);
      });
    });
    const { socket, text } = await dial();
    socket.write(`GET /slow HTTP/1.1\r\n${HOST}\r\n\r\n`.repeat(20));
    await until(() => (text().split("answer ").length === 21 ? true : undefined), "twenty answers");
    expect(most).to.equal(1);
  });

  it("read nothing more of a connection whose answer is not read", async () => {
    let asked = 0;
    await start({}, (app) => {
      app.get("/large", async (_, reply) => (asked++, reply.send(Buffer.alloc(32 << 20))));
    });
    const socket = connect(port, "127.0.0.1");
    open.push(socket);
    const request = `GET /large HTTP/1.1\r\n${HOST}\r\n\r\n`;
    while (socket.write(request.repeat(1_000)));
    await until(() => (asked > 0 ? true : undefined), "the first request");
    await sleep(300);
    expect(asked).to.equal(1);
  });

  it("take a large body whole, and after another request", async () => {
    await start({ maxBody: 4 << 20 }, (app) => {
      app.post("/count", async ({ body }) => JSON.stringify(body).length);
    });
    const body = JSON.stringify({ x: "y".repeat(3 << 20) });
    const { socket, text } = await dial();
    const post = `POST /count HTTP/1.1\r\n${HOST}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`;
    socket.write(`GET / HTTP/1.1\r\n${HOST}\r\n\r\n`.repeat(3) + (post + body).repeat(2));
    await until(() => (text().split(`\r\n\r\n${body.length}`).length === 3 ? true : undefined), "both counts");
  });

  it("make the document once", async () => {
    await start();
    const swagger = app.swagger.bind(app);
    let calls = 0;
    app.swagger = ((...given: []) => (calls++, swagger(...given))) as typeof app.swagger;
    const url = `http://127.0.0.1:${port}/openapi.json`;
    const [first, second] = [await (await fetch(url)).text(), await (await fetch(url)).text()];
    expect(first).to.equal(second);
    expect(JSON.parse(first)).to.include({ openapi: "3.1.0" });
    expect(calls).to.equal(1);
  });
});

describe("rota of requests", () => {
  const work = (milliseconds: number): void => {
    for (const end = performance.now() + milliseconds; performance.now() < end;);
  };

  it("takes clients in rotation, and each one's requests in order", async () => {
    const rota = new Rota();
    const done: string[] = [];
    for (const name of ["a1", "a2", "a3", "b1", "b2", "c1"]) rota.add(name[0]!, () => done.push(name));
    await until(() => (done.length === 6 ? true : undefined), "all");
    expect(done).to.deep.equal(["a1", "b1", "c1", "a2", "b2", "a3"]);
  });

  it("leaves for the next turn of the event loop what would make one long", async () => {
    const rota = new Rota();
    let [turn, done] = [0, 0];
    const turns: number[] = [];
    const count = (): void => {
      turn++;
      if (done < 5) setImmediate(count);
    };
    setImmediate(count);
    for (let i = 0; i < 5; i++) rota.add("a", () => (work(12), turns.push(turn), done++));
    await until(() => (done === 5 ? true : undefined), "all");
    expect(new Set(turns).size).to.equal(5);
  });
});

describe("memory of a node's server", () => {
  /** Bytes above what it has when nobody asks. */
  const MOST = 100 * 2 ** 20;

  it("is no client's, who asks on 200 connections without end and reads nothing", async function () {
    this.timeout(120_000);
    const child = fork(join(import.meta.dirname, "../support/node/served-child.ts"), [newFolder()], { execArgv: [] });
    const sockets: Socket[] = [];
    try {
      const said = async (): Promise<{ readonly url: string; readonly bytes: number }> =>
        (await once(child, "message"))[0] as never;
      const measured = async (): Promise<number> => (child.send("how much?"), (await said()).bytes);
      const { port } = new URL((await said()).url);
      const idle = await measured();
      const paths = ["/openapi.json", "/nowhere", "/%zz", "/accounts?limit=200", "/metrics"];
      for (let i = 0; i < 200; i++) {
        const request = `GET ${paths[i % paths.length]} HTTP/1.1\r\nhost: a\r\n\r\n`;
        sockets.push(insistent(Number(port), Buffer.from(request.repeat(1_000))));
      }
      let most = 0;
      for (let look = 0; look < 12; look++) {
        await sleep(250);
        most = Math.max(most, await measured());
      }
      expect((most - idle) / 2 ** 20).to.be.below(MOST / 2 ** 20);
      // And whoever else asks is answered meanwhile: every address that begins so is this machine's, on Linux.
      const localAddress = process.platform === "linux" ? "127.0.0.2" : "127.0.0.1";
      const [answer] = (await once(get({ port, localAddress, path: "/accounts/1" }), "response")) as [IncomingMessage];
      expect(answer.statusCode).to.equal(200);
      answer.destroy();
    } finally {
      for (const socket of sockets) socket.destroy();
      child.kill("SIGKILL");
    }
  });
});

/** Writes for as long as it may, reads nothing, and comes again when it is cut off. */
function insistent(port: number, requests: Buffer): Socket {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => undefined);
  const write = (): void => {
    while (!socket.destroyed && socket.write(requests));
  };
  socket.on("connect", write).on("drain", write);
  return socket;
}
