import { httpRpc } from "../../../node/l1/rpc.ts";
import { SheafNode } from "../../../node/node.ts";
import { SheafError } from "../../../protocol/errors.ts";
import type { SignedOperation } from "../../../protocol/operations.ts";
import { nodeOptions } from "./node-options.ts";

// A node in a process of its own, to be killed at any moment. It says when it is ready, and answers what it is given.
const [rpc, rollup, data] = process.argv.slice(2) as [string, string, string];
const node = await SheafNode.open({ ...nodeOptions(httpRpc(rpc), rollup), data });
process.on("message", ({ call, signed }: { readonly call: number; readonly signed: SignedOperation }) => {
  node.submit(signed).then(
    ({ id }) => process.send!({ call, id }),
    (error: unknown) => process.send!({ call, code: error instanceof SheafError ? error.code : String(error) }),
  );
});
process.on("disconnect", () => process.exit());
process.send!({ ready: true });
await node.run(new AbortController().signal);
