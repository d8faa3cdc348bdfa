import { signalsOf } from "../../../protocol/batch.ts";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { deserialize } from "node:v8";
import { SYSTEM_CLOCK } from "../../../node/clock.ts";
import { startNodeServer } from "../../../node/http/server.ts";
import { L1 } from "../../../node/l1/l1.ts";
import { SheafNode } from "../../../node/node.ts";
import type { BatchProver } from "../../../node/proving.ts";
import type { BatchSubmitter, ProvenBatch } from "../../../node/submitter/submission.ts";
import { BATCH_SIZES } from "../../../protocol/constants.ts";
import { EMPTY_NODES } from "../../../protocol/tree.ts";
import { MadeUpL1, sentBatch, type SentBatch } from "./made-up-l1.ts";
import { Probe } from "./probe.ts";
import { FEE_OWNER, operationOf, ROLLUP } from "./rollup.ts";
import { MISSED, type NodeTask, type Phase } from "./task.ts";

// A node in a process of its own. Files, checks, batches, and what reads L1 are those of every node, with a mempool that is
// full and stays so. L1 is made up, signatures are not verified, and nothing is proven.

/** Milliseconds between L1's blocks, and between looks at it: as short as where another rollup serves as L1. */
const [BLOCK_MS, POLL_MS] = [1_000, 500];
/** Milliseconds of a proof: one is made after the other, and never as fast. */
const PROOF_MS = 100;
/** Blocks that L1 takes back at the end. */
const DEPTH = 32;
/** Operations that are handed in side by side. */
const SIDE_BY_SIDE = 16;

const ANY_PROOF = {
  ...{ pi_a: ["11", "12", "1"], pi_c: ["17", "18", "1"], protocol: "groth16", curve: "bn128" },
  pi_b: [
    ["14", "13"],
    ["16", "15"],
    ["1", "0"],
  ],
};
let before: Promise<void> = Promise.resolve();
const prover: BatchProver = {
  prove: async ({ publicSignals }) => {
    await (before = before.then(() => pause(PROOF_MS)));
    return {
      proof: ANY_PROOF as never,
      publicSignals: signalsOf(publicSignals),
      timings: { witness: 1, prove: 2, verify: 3 },
    };
  },
  close: () => Promise.resolve(),
};

const task = JSON.parse(process.argv[2]!) as NodeTask;
const probe = new Probe();
const l1 = new MadeUpL1(EMPTY_NODES.at(-1)!);
for (const batch of deserialize(readFileSync(join(task.folder, MISSED))) as ProvenBatch[]) l1.mine([sentBatch(batch)]);

/** What was sent and is in no block. */
let waiting: { readonly sent: SentBatch; readonly mined: () => void }[] = [];
const submitter: BatchSubmitter = {
  submit: async (batches) => {
    const [batch] = batches as [ProvenBatch];
    await new Promise<void>((mined) => (waiting = [...waiting, { sent: sentBatch(batch), mined }]));
    return {
      ...{
        kind: "mined",
        upTo: batch.batchNumber,
        count: 1,
        transaction: l1.hashOf(l1.head),
        block: l1.head,
        blockHash: l1.hashOf(l1.head),
      },
      ...{ gasUsed: 300_000n, gasPrice: 1n, dataFee: 0n, from: ROLLUP },
    };
  },
};

probe.take();
const node = await SheafNode.open({
  l1: new L1(l1.rpc, ROLLUP),
  data: task.folder,
  feeOwner: FEE_OWNER,
  beneficiary: FEE_OWNER.l1Address,
  equip: () => ({
    ...{ sizes: BATCH_SIZES, prover, submitter },
    pricing: { market: () => Promise.resolve({ baseFee: 10n, priorityFee: 1n }) },
  }),
  verify: () => Promise.resolve(true),
  departure: { most: 1 },
  limits: { validity: 0 },
  pollInterval: POLL_MS,
  onFailure: (what, error) => process.stderr.write(`${what}: ${String(error)}\n`),
});
await pause(100);
end("a node starts");
const { url } = await startNodeServer({ node, port: 0, rpc: l1.rpc });
process.send!({ url });
await new Promise((go) => process.once("message", go));
probe.take();

let refilled: Promise<void> = Promise.resolve();
const stop = new AbortController();
const running = node.run(stop.signal);
while (node.store.cursor.number < l1.head || node.underWay().length === 0) await pause(50);
end("… catches up with L1");
const since = node.store.lastBatch!.number;
for (let second = 0; second < task.seconds; second++) {
  await pause(BLOCK_MS);
  mine();
}
const batches = node.store.lastBatch!.number - since;
end("… makes batches");
const { number } = node.store.lastBatch!;
l1.reorganise(DEPTH);
while (node.store.lastBatch!.number >= number) await pause(50);
for (let block = 0; block < 5; block++) {
  await pause(BLOCK_MS);
  mine();
}
end("… goes through a reorganisation");
stop.abort();
await running;
process.send!({ batches }, () => process.exit());

function end(what: string): void {
  const phase: Phase = { what, stalls: probe.take() };
  process.send!({ phase });
}

function pause(milliseconds: number): Promise<void> {
  return SYSTEM_CLOCK.pause(milliseconds);
}

/** The next block, with the batches that were sent; whoever paid in them pays again. */
function mine(): void {
  const isIn = new Set(l1.mine(waiting.map(({ sent }) => sent)));
  const mined = waiting.filter(({ sent }) => isIn.has(sent));
  waiting = waiting.filter(({ sent }) => !isIn.has(sent));
  for (const { sent, mined: tell } of mined) {
    refilled = refilled.then(() => refill(sent.batch.batchNumber));
    tell();
  }
}

async function refill(number: number): Promise<void> {
  // It may be final by now, and forgotten.
  const request = node.pool.batches.find(number)?.request;
  if (request === undefined) return;
  const again = [...request.withdrawals, ...request.transfers].map(({ from, nonce }) => operationOf(from, nonce + 1));
  for (let i = 0; i < again.length; i += SIDE_BY_SIDE) {
    // What has expired meanwhile is refused.
    await Promise.allSettled(again.slice(i, i + SIDE_BY_SIDE).map((operation) => node.submit(operation)));
  }
}
