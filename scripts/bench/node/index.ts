// Measures how many transfers a node takes in: npm run bench:node -- --help
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { writeSection } from "../../../bench/document.ts";
import { bigintJson } from "../../../lib/json.ts";
import { ROOT } from "../../../lib/root.ts";
import { startNodeServer } from "../../../node/http/server.ts";
import { SignatureVerifier } from "../../../node/verification/verifier.ts";
import { IdleNode, signedTransfers } from "./idle-node.ts";
import { load, type LoadResult } from "./load.ts";

const DOCUMENT = join(ROOT, "docs/performance.md");

interface Options {
  readonly transfers: string;
  readonly connections: string;
  readonly threads?: string;
  readonly json?: true;
  readonly write?: true;
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
  .option("--json", "print JSON")
  .option("--write", "put the figures into docs/performance.md");
await main(program.parse().opts<Options>());

async function main({ transfers, connections, threads, json, write }: Options): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "sheaf-bench-"));
  const verifier = new SignatureVerifier(threads === undefined ? {} : { threads: Number(threads) });
  const node = await IdleNode.open(folder, Number(connections), verifier.verify);
  const unlimited = { requests: { max: 1e9, perSeconds: 1 } };
  const server = await startNodeServer({
    ...{ node, port: 0, limits: unlimited, waitingSignatures: () => verifier.waiting },
    rpc: () => Promise.reject(new Error("there is no L1 here")),
  });
  try {
    const lists = signedTransfers(node.domain, Number(connections), Number(transfers));
    const all = lists.flat();
    const verifiedPerCore = await perCore(all.length, () =>
      Promise.all(all.map(({ message, body }) => verifier.verify(message, body.signature, body.publicKey))),
    );
    const requests = join(folder, "requests.json");
    await writeFile(requests, bigintJson(lists.map((list) => list.map(({ body }) => body))));
    let result: LoadResult | undefined;
    const acceptedPerCore = await perCore(all.length, async () => {
      result = await load(server.url, requests, all.length);
    });
    const accepted = node.pool.operations.count("pending");
    if (accepted !== all.length) throw new Error(`${accepted} of ${all.length} transfers were accepted`);
    const asked = { transfers: all.length, connections: lists.length, threads: verifier.threads };
    const report = { ...asked, acceptedPerCore, verifiedPerCore, ...result! };
    const text = json ? JSON.stringify(report, undefined, 2) : table(report);
    process.stdout.write(`${text}\n`);
    const command = ["npm run bench:node --", ...process.argv.slice(2)].join(" ");
    if (write) await writeSection(DOCUMENT, "node", `\`${command}\` on ${machine()}:\n\n${table(report)}`);
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

function table(report: Report): string {
  const { transfers, connections, threads, accepted, acceptedPerCore, verifiedPerCore, latencyMs } = report;
  return `| | |
| --- | --- |
| transfers, connections, threads for signatures | ${transfers}, ${connections}, ${threads} |
| transfers accepted a second of processor time | ${acceptedPerCore} |
| signatures verified a second of processor time | ${verifiedPerCore} |
| transfers accepted a second | ${accepted} |
| latency in milliseconds: median, 90th, 99th percentile | ${latencyMs.median}, ${latencyMs.p90}, ${latencyMs.p99} |`;
}

function machine(): string {
  return `${cpus().length} threads of ${cpus()[0]!.model.trim()}`;
}
