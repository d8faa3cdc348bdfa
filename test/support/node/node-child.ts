import { setTimeout as sleep } from "node:timers/promises";
import { httpRpc } from "../../../node/l1/rpc.ts";
import { SheafNode } from "../../../node/node.ts";
import type { BatchProver } from "../../../node/proving.ts";
import { SheafError } from "../../../protocol/errors.ts";
import type { SignedOperation } from "../../../protocol/operations.ts";
import { nodeOptions, sham } from "./node-options.ts";

// A node in a process of its own, to be killed at any moment. It says when it is ready, and answers what it is given. Its
// proofs take up to a tenth of a second, so that batches gather, and go to L1 several in a transaction.
const [rpc, rollup, data] = process.argv.slice(2) as [string, string, string];
const options = nodeOptions(httpRpc(rpc), rollup);
const prover: BatchProver = {
  prove: async (batch) => {
    await sleep(Number(batch.publicSignals.c % 100n));
    return sham.prove(batch);
  },
  close: () => Promise.resolve(),
};
const market = () => Promise.resolve({ baseFee: 10n ** 9n, priorityFee: 0n });
const node = await SheafNode.open({
  ...options,
  ...{ data, departure: { most: 8, longestWait: 3_600_000, hourPrice: 0n } },
  equip: async (parts) => ({ ...(await options.equip(parts)), prover, pricing: { market } }),
});
process.on("message", ({ call, signed }: { readonly call: number; readonly signed: SignedOperation }) => {
  node.submit(signed).then(
    ({ id }) => process.send!({ call, id }),
    (error: unknown) => process.send!({ call, code: error instanceof SheafError ? error.code : String(error) }),
  );
});
process.on("disconnect", () => process.exit());
process.send!({ ready: true });
await node.run(new AbortController().signal);
