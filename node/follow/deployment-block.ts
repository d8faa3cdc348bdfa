import { withRetries } from "../../lib/retry.ts";
import { SheafError } from "../../protocol/errors.ts";
import type { L1 } from "../l1/l1.ts";
import { LogPager } from "../l1/log-pager.ts";
import { saysUnknownBlock } from "../l1/rpc-schemas.ts";
import { eventsIn } from "./events.ts";

/**
 * The block in which the rollup was deployed, by bisection on whether its address has code. Needs a node that keeps old
 * state.
 *
 * @throws SheafError ROLLUP_NOT_FOUND; DEPLOYMENT_BLOCK_UNKNOWN where the node does not keep old state
 */
export async function deploymentBlock(l1: L1): Promise<number> {
  await requireCode(l1);
  let [without, has] = [0, (await l1.requireBlock("latest")).number];
  while (has - without > 1) {
    const middle = Math.floor((without + has) / 2);
    if (await hadCode(l1, middle)) has = middle;
    else without = middle;
  }
  await requireDeployment(l1, has);
  return has;
}

/** Some nodes answer with no code, in place of an error, where they do not keep the state. */
async function requireDeployment(l1: L1, block: number): Promise<void> {
  const page = await new LogPager(l1, { mostBlocks: 1 }).read(block, block);
  if (eventsIn(page?.logs ?? []).some(({ event }) => event.name === "BatchSizeRegistered")) return;
  throw new SheafError("DEPLOYMENT_BLOCK_UNKNOWN", `the node has code of ${l1.rollup} from block ${block} on only`);
}

/** @throws SheafError ROLLUP_NOT_FOUND if the rollup's address has no code now */
export async function requireCode(l1: L1): Promise<void> {
  if (await l1.hasCode("latest")) return;
  throw new SheafError("ROLLUP_NOT_FOUND", `${l1.rollup} has no code on chain ${await l1.chainId()}`);
}

async function hadCode(l1: L1, block: number): Promise<boolean> {
  try {
    // One of several nodes behind a load balancer may not have the newest blocks yet.
    return await withRetries(
      () => l1.hasCode(block),
      (error) => (saysUnknownBlock(error) ? 0 : undefined),
    );
  } catch (cause) {
    if (!(cause instanceof SheafError) || cause.code !== "RPC_REFUSED") throw cause;
    throw new SheafError("DEPLOYMENT_BLOCK_UNKNOWN", `the node does not keep the state of block ${block}`, { cause });
  }
}
