import { once } from "node:events";
import { rm } from "node:fs/promises";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { expect } from "chai";
import { PostgresConnection } from "bullmq";
import type { ProverClient } from "../../../prover/service/client.ts";
import { expectCode } from "../../support/errors.ts";
import { ServiceHarness } from "../../support/prover/prover-service.ts";
import { postgresServer, redisServer, type QueueServer } from "../../support/prover/queue-servers.ts";
import { until } from "../../support/until.ts";

/** Empties a queue's server, which goes on. */
const EMPTY: Readonly<
  Record<string, readonly [() => Promise<QueueServer | undefined>, (url: string) => Promise<void>]>
> = {
  Redis: [redisServer, async (url) => void (await onRedis(url, "FLUSHALL"))],
  PostgreSQL: [
    postgresServer,
    async (url) => {
      const connection = new PostgresConnection(url);
      const { rows } = await connection.pool.query<{ name: string }>(
        "SELECT format('sheaf.%I', tablename) AS name FROM pg_tables WHERE schemaname = 'sheaf' AND tablename !~ 'migration'",
      );
      await connection.pool.query(`TRUNCATE ${rows.map(({ name }) => name).join(", ")} CASCADE`);
      await connection.close();
    },
  ],
};

describe("prover service when its queue's server loses something", function () {
  this.timeout(180_000);
  let harness: ServiceHarness;
  let client: ProverClient;
  before(async () => (harness = await ServiceHarness.create()));
  afterEach(async () => {
    await harness.stop();
    await rm(join(harness.folder, "data"), { recursive: true, force: true });
  });
  after(() => harness.remove());

  /** However the queue was lost, and whatever was in it: whoever asks again gets his proof. */
  const expectService = async (salt: number): Promise<void> => {
    const proven = async (): Promise<true | undefined> => {
      const { state } = await client.submit(harness.submission(salt));
      return state === "proven" || undefined;
    };
    await until(proven, "a proof");
  };

  for (const [name, [serve, empty]] of Object.entries(EMPTY)) {
    it(`goes on when ${name} is emptied: workers that come later are told what to prove`, async function () {
      const server = await serve();
      if (server === undefined) return skip(this, name);
      try {
        client = await harness.start({ queue: server.url });
        const { id } = await client.submit(harness.submission(0));
        await empty(server.url);
        await expectCode("JOB_UNKNOWN", () => client.job(id));
        harness.join("stub", { name: "later" });
        await expectService(0);
        // And so does a worker that was there before.
        await empty(server.url);
        await expectService(1);
      } finally {
        await harness.stop();
        await server.remove();
      }
    });
  }

  it("goes on when another Redis takes the place of its own, which refuses writes from then on", async function () {
    const servers = [await redisServer(), await redisServer()];
    const [first, second] = servers;
    if (first === undefined || second === undefined) return skip(this, "Redis");
    const way = new Way(first.url);
    try {
      client = await harness.start({ queue: await way.open() });
      harness.join("stub", { name: "worker" });
      await expectService(0);
      const { hostname, port } = new URL(first.url);
      await onRedis(second.url, `REPLICAOF ${hostname} ${port}`);
      const isCopied = async () => /master_link_status:up/.test(await onRedis(second.url, "INFO replication"));
      await until(async () => (await isCopied()) || undefined, "the copy");
      await onRedis(second.url, "REPLICAOF NO ONE");
      way.to = second.url;
      const other = new URL(second.url);
      await onRedis(first.url, `REPLICAOF ${other.hostname} ${other.port}`);
      // Nobody ends the connections to the first one.
      expect((await client.submit(harness.submission(0))).state).to.equal("proven");
      await expectService(1);
    } finally {
      await harness.stop();
      way.close();
      for (const server of servers) await server!.remove();
    }
  });

  it("says that Redis is full, and goes on when it is not any more", async function () {
    const server = await redisServer();
    if (server === undefined) return skip(this, "Redis");
    try {
      client = await harness.start({ queue: server.url });
      harness.join("stub", { name: "worker" });
      await expectService(0);
      await onRedis(server.url, "CONFIG SET maxmemory 1");
      const error = await expectCode("QUEUE_UNREACHABLE", () => client.submit(harness.submission(1)));
      expect(error.message).to.contain("maxmemory");
      await onRedis(server.url, "CONFIG SET maxmemory 0");
      await expectService(1);
    } finally {
      await harness.stop();
      await server.remove();
    }
  });

  it("says which of Redis' settings may lose jobs", async function () {
    const server = await redisServer([
      "--maxmemory",
      "100mb",
      "--maxmemory-policy",
      "allkeys-lru",
      "--appendonly",
      "no",
    ]);
    if (server === undefined) return skip(this, "Redis");
    try {
      client = await harness.start({ queue: server.url });
      const risks = async (): Promise<string[]> =>
        (await client.health()).missing.filter(({ what }) => what === "queue").map(({ why }) => why);
      expect(await risks()).to.deep.equal([
        "Redis drops jobs when its memory is full: set maxmemory-policy to noeviction, it is allkeys-lru",
        "Redis loses jobs when it restarts: set appendonly to yes",
      ]);
      expect((await client.health()).status).to.equal("degraded");
      await onRedis(server.url, "CONFIG SET maxmemory 0");
      await onRedis(server.url, "CONFIG SET appendonly yes");
      expect(await risks()).to.deep.equal([]);
    } finally {
      await harness.stop();
      await server.remove();
    }
  });
});

/** A name of a server that others can take over: connections go to where it leads when they are made, and stay there. */
class Way {
  to: string;
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;

  constructor(to: string) {
    this.to = to;
  }

  async open(): Promise<string> {
    this.#server = createServer((incoming) => {
      const { hostname, port } = new URL(this.to);
      const outgoing = connect(Number(port), hostname);
      for (const socket of [incoming, outgoing]) {
        this.#sockets.add(socket.on("error", () => undefined));
        socket.on("close", () => [incoming, outgoing].forEach((each) => each.destroy()));
      }
      incoming.pipe(outgoing).pipe(incoming);
    }).listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return `redis://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server?.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}

/** What Redis answers to a command. */
async function onRedis(url: string, command: string): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname).setEncoding("utf8");
  socket.write(`${command}\r\nQUIT\r\n`);
  let answer = "";
  for await (const text of socket) answer += String(text);
  return answer;
}

function skip(test: Mocha.Context, server: string): void {
  if (process.env["CI"] === "true") throw new Error(`${server} is not installed`);
  console.log(`    SKIPPED: ${server} is not installed`);
  test.skip();
}
