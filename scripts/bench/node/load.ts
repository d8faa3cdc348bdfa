import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import autocannon from "autocannon";

export interface LoadResult {
  /** Of requests, a second of wall time. */
  readonly accepted: number;
  readonly latencyMs: { readonly median: number; readonly p90: number; readonly p99: number };
}

/** Sends requests in a process of their own: their cost is not the node's. `file` holds a list of bodies a connection. */
export async function load(url: string, file: string, amount: number): Promise<LoadResult> {
  const { stdout } = await promisify(execFile)(process.execPath, [
    ...["--disable-warning=ExperimentalWarning", import.meta.filename, url, file, `${amount}`],
  ]);
  return JSON.parse(stdout) as LoadResult;
}

async function sendAll(url: string, file: string, amount: number): Promise<LoadResult> {
  const lists = JSON.parse(await readFile(file, "utf8")) as readonly (readonly object[])[];
  let next = 0;
  const { requests, latency, non2xx, errors, duration } = await autocannon({
    url,
    connections: lists.length,
    amount,
    timeout: 60,
    setupClient: (client) => {
      // Each connection sends the operations of its own account, one after the other.
      client.setRequests(
        lists[next++]!.map((body) => ({
          ...{ method: "POST", path: "/transactions", body: JSON.stringify(body) },
          headers: { "content-type": "application/json" },
        })),
      );
    },
  });
  if (non2xx + errors > 0) throw new Error(`${non2xx} requests were refused, ${errors} failed`);
  const { p50: median, p90, p99 } = latency;
  return { accepted: Math.round(requests.total / duration), latencyMs: { median, p90, p99 } };
}

if (import.meta.main) {
  const [url, file, amount] = process.argv.slice(2);
  process.stdout.write(JSON.stringify(await sendAll(url!, file!, Number(amount))));
}
