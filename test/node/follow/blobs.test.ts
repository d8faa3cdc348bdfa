import { expect } from "chai";
import { hexlify } from "ethers";
import { ROLLUP } from "../../../l1/contract.ts";
import { BlobFinder, type BlobPlaces } from "../../../node/blobs/finder.ts";
import { Follower } from "../../../node/follow/follower.ts";
import { openStore, restoreAgain } from "../../../node/follow/restore.ts";
import { makeNodeServer } from "../../../node/http/server.ts";
import { L1 } from "../../../node/l1/l1.ts";
import type { Rpc } from "../../../node/l1/rpc.ts";
import { BlobTestServer } from "../../support/blobs/blob-server.ts";
import { expectCode } from "../../support/errors.ts";
import { FollowedRollup } from "../../support/node/followed-rollup.ts";
import { TestNode } from "../../support/node/served-node.ts";
import { contentOf, expectStateOf, follow, newStorePath, rpcOf, SWIFT } from "../../support/node/stores.ts";

describe("node: following batches whose transfers are in blobs", function () {
  this.timeout("2m");
  let world: FollowedRollup;
  let archive: BlobTestServer;
  let goBack: () => Promise<void>;
  before(async () => {
    world = await FollowedRollup.create(undefined, undefined, true);
    await world.fund();
    archive = await BlobTestServer.start();
  });
  after(async () => {
    await archive.close();
    await world.close();
  });
  beforeEach(async () => {
    goBack = await world.branch();
    for (const blobs of [world.blobs, archive.blobs]) blobs.clear();
    archive.asked.length = 0;
  });
  afterEach(() => goBack());

  const finderAt = (places: BlobPlaces): BlobFinder => BlobFinder.at(places, { attempts: 1 });
  const atArchive = (): BlobFinder => finderAt({ archive: [archive.url] });
  const archiveAll = (): void => world.blobs.forEach((coefficients, hash) => archive.blobs.set(hash, coefficients));
  const transfers = (amount = 5n) => ({
    spends: [
      { from: "alice", to: "bob", amount, fee: 1n },
      { from: "bob", to: "alice", amount: 2n },
      { from: "bob", to: "dave", amount: 3n, fee: 2n },
    ],
  });

  it("has the same state from archives alone, and from a beacon node alone, byte for byte", async () => {
    await world.busy(12, "followed blobs");
    await world.inBlob([transfers(), { spends: [{ from: "bob", amount: 2n }] }, { ...transfers(7n), token: 1 }]);
    archiveAll();
    const [first, second] = [newStorePath(), newStorePath()];
    const store = await follow(world, { path: first, blobs: atArchive() });
    await expectStateOf(world, store);
    const { blob, transaction, number } = store.lastBatch!;
    expect(blob).to.deep.equal({ versionedHash: [...world.blobs.keys()].at(-1), start: 2 });
    expect(store.batch(number - 2)!.blob).to.deep.equal({ ...blob, start: 0 });
    const rows = store.history.of(number).map(({ kind, amount, fee, token }) => [kind, amount, fee, token]);
    expect(rows).to.deep.equal([
      ["transfer", 7n, 1n, 1],
      ["transfer", 2n, 0n, 1],
      ["transfer", 3n, 2n, 1],
    ]);
    store.close();

    const beacon = await BlobTestServer.start();
    beacon.spec = undefined;
    for (const [hash, coefficients] of world.blobs) {
      const l1 = await world.chain.connection.provider.request({ method: "eth_blockNumber" });
      for (let block = 0; block <= Number(l1); block++) {
        const params = [`0x${block.toString(16)}`, true];
        const found = await world.chain.connection.provider.request({ method: "eth_getBlockByNumber", params });
        const { transactions } = found as { transactions: { blobVersionedHashes?: string[] }[] };
        const isThere = transactions.some(({ blobVersionedHashes }) => blobVersionedHashes?.includes(hash));
        if (isThere) beacon.slots.set(block, [BlobTestServer.blobOf(coefficients)]);
      }
    }
    expect(transaction).to.match(/^0x/);
    (await follow(world, { path: second, blobs: finderAt({ beacon: beacon.url }) })).close();
    await beacon.close();
    expect(contentOf(second)).to.deep.equal(contentOf(first));
  });

  it("stops before a blob that is not to be had, says which, and goes on once it is", async () => {
    await world.batch(transfers());
    const before = world.state.root;
    const hash = await world.inBlob([transfers(), transfers(6n)]);
    await world.batch(transfers(9n));
    const path = newStorePath();
    const { message } = await expectCode("BLOB_UNAVAILABLE", () => follow(world, { path, blobs: atArchive() }));
    expect(message)
      .to.include(hash)
      .and.to.match(/ days old, is not to be had: archive \S+: it does not have it$/);
    const l1 = new L1(rpcOf(world), world.address);
    const store = await openStore(l1, path);
    expect(store.lastBatch?.root).to.equal(before);
    await expectCode("BLOB_UNAVAILABLE", () => new Follower(l1, store, SWIFT).sync());

    archiveAll();
    await new Follower(l1, store, { ...SWIFT, blobs: atArchive() }).sync();
    await expectStateOf(world, store);
    store.close();
  });

  it("needs nobody for batches without transfers, nor for a blob that it has had, whatever L1 takes back", async () => {
    await world.inBlob([{ spends: [{ from: "bob", amount: 2n }] }]);
    const path = newStorePath();
    let store = await follow(world, { path });
    await expectStateOf(world, store);
    store.close();

    const fork = await world.branch();
    const hash = await world.inBlob([transfers()]);
    archiveAll();
    const same = { path, blobs: atArchive() };
    (await follow(world, same)).close();
    expect(archive.asked).to.deep.equal([`/blobs/${hash}`]);
    await fork();
    await world.mine(3);
    store = await follow(world, { path });
    await expectStateOf(world, store);
    expect(store.blobs.get(hash)).to.deep.equal(world.blobs.get(hash));
    // The same batch again, in another block.
    expect(await world.inBlob([transfers()])).to.equal(hash);
    store.close();
    store = await follow(world, { path });
    await expectStateOf(world, store);
    expect(archive.asked).to.have.length(1);
    store.close();
  });

  it("keeps its blobs when the rest of its file is damaged, or of another version", async () => {
    await world.inBlob([transfers(), transfers(7n)]);
    archiveAll();
    const path = newStorePath();
    const store = await follow(world, { path, blobs: atArchive() });
    const [hash, coefficients] = [...world.blobs][0]!;
    store.close();
    const { DatabaseSync } = await import("node:sqlite");
    const file = new DatabaseSync(path);
    file.exec("UPDATE batches SET seal = 1 WHERE number = 3; PRAGMA user_version = 1");
    file.close();
    archive.blobs.clear();
    const again = await follow(world, { path });
    expect(again.blobs.get(hash)).to.deep.equal(coefficients);
    await expectStateOf(world, again);
    // Found while it is open, as by a node that runs.
    const open = new DatabaseSync(path);
    open.exec("UPDATE batches SET seal = 1 WHERE number = 3");
    open.close();
    await expectCode("STORE_CORRUPT", () => again.batch(3));
    await restoreAgain(new L1(rpcOf(world), world.address), again, SWIFT);
    expect(again.blobs.get(hash)).to.deep.equal(coefficients);
    await expectStateOf(world, again);
    again.close();
  });

  it("takes no value that does not fit the blob, and no call without one", async () => {
    await world.inBlob([transfers(), transfers(6n)]);
    archiveAll();
    const { name } = ROLLUP.getFunction("submitBatchesInBlob")!;
    const altered =
      (change: (opening: Uint8Array) => void): Rpc =>
      async (method, params) => {
        const result = (await rpcOf(world)(method, params)) as { input?: string; blobVersionedHashes?: string[] };
        if (!method.startsWith("eth_getTransactionBy") || result.input === undefined) return result;
        const call = ROLLUP.parseTransaction({ data: result.input });
        if (call?.name !== name) return result;
        const opening = Uint8Array.from(Buffer.from(String(call.args[1]).slice(2), "hex"));
        change(opening);
        return { ...result, input: ROLLUP.encodeFunctionData(name, [call.args[0], hexlify(opening)]) };
      };
    const options = { blobs: atArchive(), rereads: 0 };
    const wrongValue = altered((opening) => (opening[96 + 31]! ^= 1));
    const { message } = await expectCode("RPC_INCONSISTENT", () => follow(world, { ...options, rpc: wrongValue }));
    expect(message).to.include("another value");
    const otherCommitment = altered((opening) => (opening[5]! ^= 1));
    await expectCode("RPC_INCONSISTENT", () => follow(world, { ...options, rpc: otherCommitment }));
    const otherBlob: Rpc = async (method, params) => {
      const result = (await rpcOf(world)(method, params)) as { blobVersionedHashes?: string[] };
      if (!method.startsWith("eth_getTransactionBy") || result.blobVersionedHashes === undefined) return result;
      return { ...result, blobVersionedHashes: [`0x01${"42".repeat(31)}`] };
    };
    await expectCode("RPC_INCONSISTENT", () => follow(world, { ...options, rpc: otherBlob }));
    // It is not part of what a node follows.
    const otherProof = altered((opening) => (opening[50]! ^= 1));
    (await follow(world, { ...options, rpc: otherProof })).close();
    const noBlob: Rpc = async (method, params) => {
      const result = (await rpcOf(world)(method, params)) as object;
      return method.startsWith("eth_getTransactionBy") ? { ...result, blobVersionedHashes: null } : result;
    };
    await expectCode("RPC_INCONSISTENT", () => follow(world, { ...options, rpc: noBlob }));
  });

  it("serves the blobs that it has, so that a node is an archive for another one", async () => {
    await world.busy(6, "served blobs");
    await world.inBlob([transfers(), transfers(7n)]);
    archiveAll();
    const node = await TestNode.of(world, { blobs: atArchive() });
    const app = await makeNodeServer({ node, rpc: rpcOf(world) });
    const url = await app.listen({ host: "127.0.0.1", port: 0 });
    try {
      const other = await follow(world, { blobs: finderAt({ archive: [url] }) });
      await expectStateOf(world, other);
      other.close();
      const unknown = await app.inject(`/blobs/0x01${"77".repeat(31)}`);
      expect([unknown.statusCode, (unknown.json() as { code: string }).code]).to.deep.equal([404, "BLOB_UNKNOWN"]);
      const hash = [...world.blobs.keys()].at(-1)!;
      const { statusCode } = await app.inject(`/blobs/${hash}`);
      expect(statusCode).to.equal(200);
      const shown = (await app.inject(`/batches/${node.store.lastBatch!.number}`)).json() as {
        blob: object;
        transfers: number;
      };
      expect(shown).to.deep.include({ blob: { versionedHash: hash, firstWord: 2 }, transfers: 3 });
    } finally {
      await app.close();
      node.close();
    }
  });
});
