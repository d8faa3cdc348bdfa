import { SheafError } from "../../protocol/errors.ts";
import { inSlices, type Pauses } from "../../protocol/slices.ts";
import type { BlockReference, L1 } from "../l1/l1.ts";
import type { Store } from "../store/store.ts";

/**
 * Blocks after which one is taken as final, whatever the node calls so: three epochs, where Ethereum's finality takes
 * two. Nodes of test chains call their newest block final.
 */
export const FINALITY_DEPTH = 96;

/**
 * If L1 has left the chain that the store was read from, takes back what is on the old branch only.
 *
 * @returns whether it has
 * @throws SheafError RPC_BEHIND if the node does not have the store's last block yet; REORG_TOO_DEEP if the branch
 * begins before what was final
 */
export async function leaveFork(l1: L1, store: Store, head: BlockReference, clock: Pauses): Promise<boolean> {
  const { cursor } = store;
  if (head.number >= cursor.number && (await hashOf(l1, cursor.number)) === cursor.hash) return false;
  const newest = store.checkpoint(head.number);
  for (let point = newest; point !== undefined; point = store.checkpoint(point.number - 1)) {
    if ((await hashOf(l1, point.number)) !== point.hash) {
      if (point.number <= store.final) throw tooDeep(store, point);
      continue;
    }
    // If no known block was skipped, a shorter chain is not a fork.
    if (head.number < cursor.number && point === newest) throw behind(head, cursor);
    await inSlices(store.rollBackSteps(point.number), clock);
    return true;
  }
  throw behind(head, cursor);
}

/** Notes what no reorganisation can take back any more: for good, so that nothing but what was read counts. */
export async function rememberFinal(l1: L1, store: Store, head: BlockReference): Promise<void> {
  const finalized = await l1.block("finalized").catch((error: unknown) => {
    // Chains without finality, and their nodes, do not know the word.
    if (error instanceof SheafError && error.code === "RPC_REFUSED") return undefined;
    throw error;
  });
  const newest = Math.min(head.number, store.cursor.number);
  store.final = Math.min(finalized?.number ?? newest, newest - FINALITY_DEPTH);
}

async function hashOf(l1: L1, block: number): Promise<string> {
  return (await l1.requireBlock(block)).hash;
}

const behind = (head: BlockReference, cursor: BlockReference): SheafError =>
  new SheafError("RPC_BEHIND", `the node is at block ${head.number}, the store at ${cursor.number}`);

const tooDeep = (store: Store, { number }: BlockReference): SheafError =>
  new SheafError("REORG_TOO_DEEP", `block ${number}, final for ${store.path}, is another one on the node's chain`);
