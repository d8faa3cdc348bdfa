import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { ROOT } from "../../lib/root.ts";
import { BlobFinder, type BlobPlaces } from "../../node/blobs/finder.ts";
import { doubtsAbout, Follower, type Followed } from "../../node/follow/follower.ts";
import { openStore } from "../../node/follow/restore.ts";
import { L1 } from "../../node/l1/l1.ts";
import { httpRpc } from "../../node/l1/rpc.ts";
import type { Store } from "../../node/store/store.ts";
import { readSnapshot } from "../../node/snapshot/snapshot-file.ts";
import { PROTOCOL_VERSION } from "../../protocol/constants.ts";
import { SheafError } from "../../protocol/errors.ts";
import { say } from "./output.ts";
import { withProgress } from "./progress.ts";

export interface FollowChoice extends BlobPlaces {
  readonly rpc: string;
  readonly rollup: string;
  readonly store?: string;
  readonly fromBlock?: number;
  /** File with the state that a new store begins with. */
  readonly snapshot?: string;
}

/** A rollup's state as of L1's newest block, in its store, which the caller closes. */
export interface AtHead {
  readonly l1: L1;
  readonly store: Store;
  readonly followed: Followed;
  /** Where blobs are looked for. */
  readonly blobs: BlobFinder;
  /** Reads what is new on L1 since. */
  readonly sync: () => Promise<Followed>;
}

/** Reads what a store lacks from L1, under a progress bar. */
export async function followToHead(choice: FollowChoice): Promise<AtHead> {
  const l1 = new L1(httpRpc(choice.rpc), choice.rollup);
  const blobs = BlobFinder.at(choice);
  const store = await openChosenStore(l1, choice);
  try {
    const snapshot = choice.snapshot === undefined ? undefined : await readSnapshot(choice.snapshot, store);
    if (snapshot !== undefined) store.beginWith(snapshot.batch);
    const sync = async (): Promise<Followed> => {
      const followed = await withProgress("restore", (onProgress) =>
        new Follower(l1, store, { onProgress, blobs, snapshot }).sync(),
      );
      if ((store.lastBatch?.number ?? 0) < store.snapshot) {
        throw new SheafError("SNAPSHOT_MISMATCH", `L1 has no batch ${store.snapshot}, of which the snapshot is`);
      }
      for (const doubt of doubtsAbout(followed)) say(doubt);
      return followed;
    };
    return { l1, store, followed: await sync(), sync, blobs };
  } catch (error) {
    store.close();
    throw error;
  }
}

/** The store that was named, or the rollup's in the build folder. */
export async function openChosenStore(
  l1: L1,
  { store, fromBlock }: Pick<FollowChoice, "store" | "fromBlock">,
): Promise<Store> {
  const chainId = await l1.chainId();
  const file = store ?? join(ROOT, "build", "stores", `${chainId}-${l1.rollup}.db`);
  const start = fromBlock ?? (await deployedIn(chainId, l1.rollup));
  return openStore(l1, file, start, ({ message }) => say(message));
}

/**
 * The block that `./sheaf deploy` noted, if it was run here for this rollup. On chains for development addresses come again:
 * a file of another version is of another rollup, and what version a rollup is of its domain tells.
 */
export async function deployedIn(chainId: number, rollup: string): Promise<number | undefined> {
  const file = join(ROOT, "build", "deployments", `${chainId}.json`);
  const text = await readFile(file, "utf8").catch(() => undefined);
  const deployment = text === undefined ? undefined : noted(text);
  return deployment?.rollup === rollup && deployment.version === PROTOCOL_VERSION ? deployment.block : undefined;
}

/** Of a deployment's file what matters here; the first version of the protocol did not name itself. */
const deploymentSchema = z.object({ version: z.int().default(1), rollup: z.string(), block: z.int() });

function noted(text: string): z.output<typeof deploymentSchema> | undefined {
  try {
    return deploymentSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
