import { appendFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { addressOf } from "../../../node/follow/addresses.ts";
import { Follower, type FollowOptions } from "../../../node/follow/follower.ts";
import { openStore } from "../../../node/follow/restore.ts";
import { makeNodeServer } from "../../../node/http/server.ts";
import { L1 } from "../../../node/l1/l1.ts";
import { readSnapshot, writeSnapshot } from "../../../node/snapshot/snapshot-file.ts";
import type { Store } from "../../../node/store/store.ts";
import { BlobFinder } from "../../../node/blobs/finder.ts";
import type { ErrorCode } from "../../../protocol/errors.ts";
import { BlobTestServer } from "../../support/blobs/blob-server.ts";
import { expectCode } from "../../support/errors.ts";
import { newFolder } from "../../support/folders.ts";
import { FollowedRollup, placeOf } from "../../support/node/followed-rollup.ts";
import { TestNode } from "../../support/node/served-node.ts";
import { expectStateOf, follow, newStorePath, rpcOf, SWIFT } from "../../support/node/stores.ts";

describe("node: a store that begins with a snapshot", function () {
  this.timeout("2m");
  let world: FollowedRollup;
  let archive: BlobTestServer;
  /** Of the state after a batch, before which no blob is to be had, and after which there are more. */
  let file: string;
  let batch: number;
  let lines: readonly string[];
  const transfers = (amount: bigint) => ({ spends: [{ from: "alice", to: "bob", amount, fee: 1n }] });
  before(async () => {
    world = await FollowedRollup.create(undefined, undefined, true);
    archive = await BlobTestServer.start();
    await world.fund();
    await world.busy(6, "before a snapshot");
    await world.inBlob([transfers(4n), { ...transfers(5n), token: 1 }]);
    world.blobs.forEach((coefficients, hash) => archive.blobs.set(hash, coefficients));
    const store = await follow(world, { blobs: atArchive() });
    file = join(newFolder(), "snapshot");
    ({ batch } = await writeSnapshot(file, store));
    expect(batch).to.equal(store.lastBatch!.number);
    store.close();
    lines = (await readFile(file, "utf8")).trimEnd().split("\n");
    // All before are forgotten. After it a batch more in calldata, and some in a blob.
    archive.blobs.clear();
    world.blobs.clear();
    await world.deposit("carol", 0, 99n);
    await world.batch(transfers(6n));
    await world.inBlob([transfers(7n), transfers(8n)]);
    world.blobs.forEach((coefficients, hash) => archive.blobs.set(hash, coefficients));
  });
  after(async () => {
    await archive.close();
    await world.close();
  });

  const atArchive = (): BlobFinder => BlobFinder.at({ archive: [archive.url] }, { attempts: 1 });

  /** Restores to a store as `./sheaf restore --snapshot` does. */
  async function restored(from = file, path = ":memory:", options: FollowOptions = {}): Promise<Store> {
    const l1 = new L1(rpcOf(world), world.address);
    const store = await openStore(l1, path);
    try {
      const snapshot = await readSnapshot(from, store);
      store.beginWith(snapshot.batch);
      await new Follower(l1, store, { ...SWIFT, rereads: 0, blobs: atArchive(), snapshot, ...options }).sync();
      return store;
    } catch (error) {
      store.close();
      throw error;
    }
  }

  it("has the state of now without the blobs before it, all that L1 knows, and no state before", async () => {
    await expectCode("BLOB_UNAVAILABLE", () => follow(world, { blobs: atArchive() }));
    const store = await restored();
    await expectStateOf(world, store);
    expect(store.verified).to.equal(store.cursor.number);
    expect(store.snapshot).to.equal(batch);
    expect(store.state(batch).account(placeOf("bob", 0))).to.not.equal(undefined);
    await expectCode("STATE_UNKNOWN", () => store.state(batch - 1));
    await expectCode("BLOB_UNAVAILABLE", () => store.blobWordsOf(store.batch(batch)!));
    const kinds = new Set(store.history.list({ limit: 1000 }).map(({ kind, batch: of }) => [kind, of > batch].join()));
    expect([...kinds]).to.include.members(["deposit,false", "deposit,true", "transfer,true"]);
    expect([...kinds]).to.not.include("transfer,false");
    // What it writes is a snapshot again.
    const again = join(newFolder(), "again");
    await writeSnapshot(again, store);
    const { state } = await readSnapshot(again, store);
    expect(state.root).to.equal(store.lastBatch!.root);
    store.close();
  });

  it("goes on where it was, without the file, and asks for it where it stands before the snapshot", async () => {
    const path = newStorePath();
    const l1 = new L1(rpcOf(world), world.address);
    // Interrupted: the file was read, and L1 was not.
    const begun = await openStore(l1, path);
    begun.beginWith(batch);
    await expectCode("STATE_UNKNOWN", () =>
      new Follower(l1, begun, { ...SWIFT, rereads: 0, blobs: atArchive() }).sync(),
    );
    begun.close();
    (await restored(file, path)).close();
    const store = await openStore(l1, path);
    await new Follower(l1, store, SWIFT).sync();
    await expectStateOf(world, store);
    // Fallen back to before it, as a reorganisation may have it.
    store.rollBack(store.batch(batch)!.block - 1);
    await expectCode("STATE_UNKNOWN", () =>
      new Follower(l1, store, { ...SWIFT, rereads: 0, blobs: atArchive() }).sync(),
    );
    await expectCode("STATE_UNKNOWN", () => store.state());
    store.close();
  });

  it("is served with what it has: no state before the snapshot, and no fees of batches whose transfers are not known", async () => {
    const path = newStorePath();
    (await restored(file, path)).close();
    const node = await TestNode.of(world, { path });
    const app = await makeNodeServer({ node, rpc: rpcOf(world) });
    try {
      const get = async (at: string): Promise<{ status: number; body: Record<string, unknown> }> => {
        const { statusCode: status, body } = await app.inject(at);
        return { status, body: JSON.parse(body) as Record<string, unknown> };
      };
      const bob = placeOf("bob", 0);
      expect((await get(`/accounts/${bob}/proof?batch=${batch}`)).status).to.equal(200);
      const before = await get(`/accounts/${bob}/proof?batch=${batch - 1}`);
      expect([before.status, before.body["code"]]).to.deep.equal([404, "STATE_UNKNOWN"]);
      const { body: forgotten } = await get(`/batches/${batch}`);
      expect(forgotten).to.include({ number: batch, transfers: 1 }).and.to.not.have.property("fees");
      const last = node.store.lastBatch!.number;
      expect((await get(`/batches/${last}`)).body).to.include({ transfers: 1, fees: "1" });
      expect((await get("/batches?limit=200")).status).to.equal(200);
      const { versionedHash } = node.store.batch(batch)!.blob!;
      expect((await get(`/blobs/${versionedHash}`)).status).to.equal(404);
    } finally {
      await app.close();
      node.close();
    }
  });

  it("is a new one", async () => {
    const store = await restored();
    store.beginWith(batch);
    await expectCode("USAGE", () => store.beginWith(batch + 1));
    store.close();
  });

  it("is refused from a file that is damaged, cut, sorted otherwise, of another rollup, or of no state of L1", async () => {
    const written = async (content: string): Promise<string> => {
      const path = join(newFolder(), "hostile");
      await writeFile(path, content);
      return path;
    };
    const refused = async (code: ErrorCode, change: readonly string[]): Promise<void> => {
      const path = await written(change.join("\n"));
      const error = await expectCode(code, () => restored(path));
      expect(error.message).to.have.length.below(400);
    };
    const [head, ...accounts] = lines as [string, ...string[]];
    expect(accounts.length).to.be.above(5);
    const headWith = (change: object): string => JSON.stringify({ ...(JSON.parse(head) as object), ...change });
    const account = JSON.parse(accounts[0]!) as unknown[];
    const accountWith = (place: number, value: unknown): string => JSON.stringify(account.with(place, value));

    await refused("SNAPSHOT_MALFORMED", []);
    await refused("SNAPSHOT_MALFORMED", [head]);
    await refused("SNAPSHOT_MALFORMED", accounts);
    await refused("SNAPSHOT_MALFORMED", lines.slice(0, -1));
    await refused("SNAPSHOT_MALFORMED", [head, ...accounts.toReversed()]);
    await refused("SNAPSHOT_MALFORMED", [head, accounts[0]!, ...accounts]);
    await refused("SNAPSHOT_MALFORMED", [...lines, "{}"]);
    await refused("SNAPSHOT_MALFORMED", [headWith({ version: 2 }), ...accounts]);
    await refused("SNAPSHOT_MALFORMED", [headWith({ batch: 0 }), ...accounts]);
    await refused("SNAPSHOT_MISMATCH", [headWith({ chainId: 1 }), ...accounts]);
    await refused("SNAPSHOT_MISMATCH", [headWith({ rollup: `0x${"11".repeat(20)}` }), ...accounts]);
    // Another number, owner, token, balance or nonce; each in its range and beyond.
    for (const [place, value] of [
      [0, 2],
      [0, 2 ** 32],
      [0, 0],
      [1, "7"],
      [1, `${2n ** 254n}`],
      [2, `0x${"22".repeat(20)}`],
      [2, `0x${"22".repeat(21)}`],
      [3, 2],
      [3, -1],
      [4, "1"],
      [4, `${2n ** 128n}`],
      [4, "1e3"],
      [5, 77],
      [5, 2 ** 32],
      [5, null],
    ] as const) {
      await refused("SNAPSHOT_MALFORMED", [head, accountWith(place, value), ...accounts.slice(1)]);
    }
    // A whole one, of a state that never was: a thief has written himself an account.
    const { state } = await readSnapshot(file, { chainId: 31337, rollup: world.address });
    const forged = { ...state.account(placeOf("bob", 0))!, balance: 10n ** 30n };
    state.update(2 ** 32 - 3, forged);
    const owner = [`${forged.pubKeyY}`, addressOf(forged.l1Address)];
    const line = JSON.stringify([2 ** 32 - 3, ...owner, forged.token, `${forged.balance}`, forged.nonce]);
    const sorted = [...accounts, line].sort((a, b) => Number(/\d+/.exec(a)) - Number(/\d+/.exec(b)));
    await refused("SNAPSHOT_MISMATCH", [headWith({ root: `${state.root}` }), ...sorted]);
    // A true one, as that of another batch.
    await refused("SNAPSHOT_MISMATCH", [headWith({ batch: batch - 2 }), ...accounts]);
    await refused("SNAPSHOT_MISMATCH", [headWith({ batch: batch + 1 }), ...accounts]);

    // Nor does a line without an end fill the memory.
    const endless = await written(`${head}\n`);
    for (let i = 0; i < 64; i++) await appendFile(endless, "9".repeat(1 << 20));
    await expectCode("SNAPSHOT_MALFORMED", () => restored(endless));
    await expectCode("FILE_UNREADABLE", () => restored(join(newFolder(), "nowhere")));
  });
});
