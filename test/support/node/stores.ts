import { createHash } from "node:crypto";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect } from "chai";
import { Follower, type FollowOptions } from "../../../node/follow/follower.ts";
import { openStore } from "../../../node/follow/restore.ts";
import { L1 } from "../../../node/l1/l1.ts";
import { providerRpc, type Rpc } from "../../../node/l1/rpc.ts";
import type { Store } from "../../../node/store/store.ts";
import { leafOf } from "../../../protocol/account.ts";
import { newFolder } from "../folders.ts";
import { naiveRoot } from "../protocol/naive-tree.ts";
import type { FollowedRollup } from "./followed-rollup.ts";

export const rpcOf = ({ chain }: FollowedRollup): Rpc => providerRpc(chain.connection.provider);

/** A path for a store in a new folder. */
export const newStorePath = (): string => join(newFolder(), "store.db");

/** Options that lose no time. */
export const SWIFT: FollowOptions = { pause: 1 };

/** Opens a store, follows L1 to its head, and hands the store out, open. */
export async function follow(
  world: FollowedRollup,
  { path = ":memory:", rpc = rpcOf(world), ...options }: FollowOptions & { path?: string; rpc?: Rpc } = {},
): Promise<Store> {
  const l1 = new L1(rpc, world.address);
  const store = await openStore(l1, path);
  await new Follower(l1, store, { ...SWIFT, ...options }).sync();
  return store;
}

/** Hashes of everything in a store's file that has to do with the rollup, not with how it was read. */
export function contentOf(path: string): Readonly<Record<string, string>> {
  const database = new DatabaseSync(path, { readOnly: true });
  const tables = [
    "sizes",
    "tokens",
    "queue",
    "batches",
    "operations",
    "payouts",
    "totals",
    "events",
    "escapes",
    "accounts",
    "nodes",
    "blobs",
  ];
  const hashes = tables.map((table) => {
    const rows = database.prepare(`SELECT * FROM ${table} ORDER BY 1, 2`).all();
    const hash = createHash("sha256").update(JSON.stringify(rows)).digest("hex");
    return [table, `${rows.length} rows, ${hash}`] as const;
  });
  database.close();
  return Object.fromEntries(hashes);
}

/** Expects that a store has exactly the state of the rollup: accounts, and a root that they hash to anew. */
export async function expectStateOf(world: FollowedRollup, store: Store): Promise<void> {
  const accounts = store.state().accounts();
  expect([...accounts]).to.deep.equal([...world.state.accounts()]);
  expect(store.state().root).to.equal(await world.chain.rollup.stateRoot());
  expect(naiveRoot(new Map([...accounts].map(([index, account]) => [index, leafOf(index, account)])))).to.equal(
    store.state().root,
  );
}
