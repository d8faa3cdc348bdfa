import { execFile, spawn, type ChildProcess } from "node:child_process";
import { chown, glob, mkdtemp, rm } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";
import { openQueue } from "../../../prover/queue/open-queue.ts";

const run = promisify(execFile);

/** A queue's server for one test file: its own data, on a free port. */
export interface QueueServer {
  readonly url: string;
  /** Ends it as a machine that stops does; its data stays. */
  stop(): Promise<void>;
  /** Starts it again on the same data and port. */
  start(): Promise<void>;
  /** Ends it and deletes its data. */
  remove(): Promise<void>;
}

/**
 * Redis, with its data in a log; `undefined` if it is not installed.
 *
 * @param settings of its command line, which override those
 */
export async function redisServer(settings: readonly string[] = []): Promise<QueueServer | undefined> {
  const program = await findProgram("redis-server");
  if (program === undefined) return undefined;
  const [folder, port] = [await mkdtemp(join(tmpdir(), "sheaf-redis-")), await freePort()];
  const args = ["--port", `${port}`, "--bind", "127.0.0.1", "--dir", folder];
  args.push("--appendonly", "yes", "--appendfsync", "everysec", "--save", "", ...settings);
  // Without it, Redis ignores SIGTERM while it writes its log for the first time.
  args.push("--shutdown-on-sigterm", "force");
  return serverOf(`redis://127.0.0.1:${port}`, folder, () => spawn(program, args, { stdio: "ignore" }));
}

/** PostgreSQL; `undefined` if it is not installed. It refuses to run as root, so another user then runs it. */
export async function postgresServer(): Promise<QueueServer | undefined> {
  const initdb = await findProgram("initdb", "/usr/lib/postgresql/*/bin");
  if (initdb === undefined) return undefined;
  const [folder, port] = [await mkdtemp(join(tmpdir(), "sheaf-postgres-")), await freePort()];
  const user = process.getuid?.() === 0 ? await userNamed("postgres", "nobody") : undefined;
  if (user !== undefined) await chown(folder, user.uid, user.gid);
  const options = { ...user, cwd: folder };
  await run(initdb, ["-D", join(folder, "data"), "-A", "trust", "-U", "sheaf", "-N"], options);
  const args = ["-D", join(folder, "data"), "-p", `${port}`, "-k", folder, "-h", "127.0.0.1"];
  // Only the server is restarted, never the machine.
  args.push("-c", "fsync=off");
  const url = `postgres://sheaf@127.0.0.1:${port}/postgres`;
  const program = join(dirname(initdb), "postgres");
  // SIGINT is its fast shutdown: it does not wait for its clients.
  return serverOf(url, folder, () => spawn(program, args, { ...options, stdio: "ignore" }), "SIGINT");
}

async function serverOf(
  url: string,
  folder: string,
  launch: () => ChildProcess,
  end: NodeJS.Signals = "SIGTERM",
): Promise<QueueServer> {
  let child: ChildProcess | undefined;
  const server = {
    url,
    async stop() {
      if (child === undefined) return;
      const ended = new Promise((done) => child!.once("exit", done));
      child.kill(end);
      await ended;
      child = undefined;
    },
    async start() {
      child = launch();
      for (let tries = 0; ; tries++) {
        const queue = await openQueue(url).catch((error: unknown) => {
          if (tries > 100) throw error;
        });
        if (queue !== undefined) return queue.close();
        await new Promise((done) => setTimeout(done, 200));
      }
    },
    async remove() {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
  await server.start();
  return server;
}

/** Path of a program on the PATH or in folders that match the pattern, the last one. */
async function findProgram(name: string, pattern?: string): Promise<string | undefined> {
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  const found: string[] = [];
  for (const folder of [...folders, ...(pattern === undefined ? [] : [pattern])]) {
    for await (const path of glob(join(folder, name))) found.push(path);
  }
  return found.at(-1);
}

async function userNamed(...names: string[]): Promise<{ uid: number; gid: number }> {
  for (const name of names) {
    const ids = await Promise.all(["-u", "-g"].map((flag) => run("id", [flag, name]))).catch(() => undefined);
    if (ids !== undefined) return { uid: Number(ids[0]!.stdout), gid: Number(ids[1]!.stdout) };
  }
  throw new Error(`none of the users ${names.join(", ")} exists`);
}

export function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const server = createServer().on("error", fail);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => done(port));
    });
  });
}
