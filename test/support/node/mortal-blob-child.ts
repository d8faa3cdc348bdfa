import { httpRpc, type Rpc } from "../../../node/l1/rpc.ts";
import { SheafNode } from "../../../node/node.ts";
import type { SignedOperation } from "../../../protocol/operations.ts";
import type { Point } from "./blob-points.ts";
import { nodeOptions, sham } from "./node-options.ts";
import { CELL_KZG } from "./quick-kzg.ts";

// A node in a process of its own, which is killed when it comes to a point. It answers what it is given.
const [url, rollup, data, point] = process.argv.slice(2) as [string, string, string, Point];
const at = (here: Point): void => void (here === point && process.kill(process.pid, "SIGKILL"));
const own = httpRpc(url);
const rpc: Rpc = async (method, params) => {
  const isSending = method === "eth_sendRawTransaction";
  if (isSending) at("sending");
  const answer = await own(method, params);
  if (isSending) at("sent");
  if (method === "eth_getTransactionReceipt" && answer !== null) at("receipt");
  return answer;
};
const kzg = {
  ...CELL_KZG,
  commitmentOf: (blob: Uint8Array) => (at("commitment"), CELL_KZG.commitmentOf(blob)),
  openingAt: (blob: Uint8Array, z: bigint) => (at("opening"), CELL_KZG.openingAt(blob, z)),
  cellProofsOf: (blob: Uint8Array) => (at("cells"), CELL_KZG.cellProofsOf(blob)),
};
const prover = { ...sham, prove: (...asked: Parameters<typeof sham.prove>) => (at("proof"), sham.prove(...asked)) };
const options = nodeOptions(rpc, rollup, true, { kzg });
const equip: typeof options.equip = async (parts) => ({ ...(await options.equip(parts)), prover, blobs: kzg });
const node = await SheafNode.open({ ...options, equip, data });
process.on("message", (signed: SignedOperation) => {
  void node.submit(signed).then(({ id }) => process.send!({ id }));
});
process.on("disconnect", () => process.exit());
process.send!({ isReady: true });
await node.run(new AbortController().signal);
