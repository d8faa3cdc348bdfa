// Measures how many transfers a node takes in: npm run bench:node -- --help
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { SignatureVerifier } from "../../../node/verification/verifier.ts";
import { startNodeServer } from "../../../node/http/server.ts";
import { load, type LoadResult } from "./load.ts";
import { IdleNode, signedTransfers } from "./idle-node.ts";

interface Options {
  readonly transfers: string;
  readonly connections: string;
  readonly threads?: string;
  readonly json?: true;
}

interface Report extends LoadResult {
  readonly transfers: number;
  readonly connections: number;
  readonly threads: number;
  /** Of the node's processor time: HTTP, checks, signatures and the disk together. */
  readonly acceptedPerCore: number;
  /** Signatures alone, with what it takes to hand them to threads. */
  readonly verifiedPerCore: number;
}

const program = new Command("bench:node")
  .description("submit transfers over HTTP, and measure how many a node accepts: checked, and on the disk")
  .option("--transfers <number>", "signed transfers, each by its own request", "5000")
  .option("--connections <number>", "clients, each with accounts of its own", "64")
  .option("--threads <number>", "for signatures (default: one a core)")
  .option("--json", "print JSON");
await main(program.parse().opts<Options>());

async function main({ transfers, connections, threads, json }: Options): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "sheaf-bench-"));
  const verifier = new SignatureVerifier(threads === undefined ? {} : { threads: Number(threads) });
  const node = await IdleNode.open(folder, Number(connections), verifier.verify);
  const unlimited = { requests: { max: 1e9, perSeconds: 1 } };
  const fees = { gasPrice: 0n, gasPerTransfer: 0, weiPerTransfer: 0n, fee: 0n, minimum: 0n };
  const server = await startNodeServer({
    ...{ node, port: 0, limits: unlimited, waitingSignatures: () => verifier.waiting },
    rpc: () => Promise.reject(new Error("there is no L1 here")),
    quote: (token) => ({ token, ...fees }),
  });
  try {
    const lists = signedTransfers(node.domain, Number(connections), Number(transfers));
    const all = lists.flat();
    const verifiedPerCore = await perCore(all.length, () =>
      Promise.all(all.map(({ message, body }) => verifier.verify(message, body.signature, body.publicKey))),
    );
    const requests = join(folder, "requests.json");
    await writeFile(
      requests,
      JSON.stringify(
        lists.map((list) => list.map(({ body }) => body)),
        bigintsAsText,
      ),
    );
    let result: LoadResult | undefined;
    const acceptedPerCore = await perCore(all.length, async () => {
      result = await load(server.url, requests, all.length);
    });
    const accepted = node.pool.operations.count("pending");
    if (accepted !== all.length) throw new Error(`${accepted} of ${all.length} transfers were accepted`);
    const asked = { transfers: all.length, connections: lists.length, threads: verifier.threads };
    print({ ...asked, acceptedPerCore, verifiedPerCore, ...result! }, json);
  } finally {
    await server.close();
    await verifier.close();
    node.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** How many of some things this process, with its threads, does in a second of processor time. */
async function perCore(count: number, work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return Math.round((count * 1e6) / (user + system));
}

function print(report: Report, json: true | undefined): void {
  if (json) return void process.stdout.write(`${JSON.stringify(report, undefined, 2)}\n`);
  const { transfers, connections, threads, accepted, acceptedPerCore, verifiedPerCore, latencyMs } = report;
  process.stdout.write(`${transfers} transfers over ${connections} connections, ${threads} threads for signatures
accepted ${accepted} a second, ${acceptedPerCore} a second of processor time
verified ${verifiedPerCore} a second of processor time
latency ${latencyMs.median} ms in the median, ${latencyMs.p99} ms at the 99th percentile
`);
}

function bigintsAsText(_: string, value: unknown): unknown {
  return typeof value === "bigint" ? `${value}` : value;
}
