import { Turns } from "../../lib/turns.ts";
import type { Rpc } from "../l1/rpc.ts";

/** Calls side by side. */
const LANES = 4;

/** The same calls, few at a time: no page, however long, is a burst of them. */
export function inLanes(rpc: Rpc): Rpc {
  const lanes = Array.from({ length: LANES }, () => new Turns());
  let calls = 0;
  return (method, params) => lanes[calls++ % LANES]!.run(() => rpc(method, params));
}
