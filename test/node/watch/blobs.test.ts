import { expect } from "chai";
import { BlobFinder } from "../../../node/blobs/finder.ts";
import { SYSTEM_CLOCK, type Clock } from "../../../node/clock.ts";
import { openStore } from "../../../node/follow/restore.ts";
import { blobCheck } from "../../../node/http/health.ts";
import { L1 } from "../../../node/l1/l1.ts";
import type { Store } from "../../../node/store/store.ts";
import { BlobWatch } from "../../../node/watch/blobs.ts";
import { Watchtower } from "../../../node/watch/watchtower.ts";
import { BlobTestServer } from "../../support/blobs/blob-server.ts";
import { FollowedRollup } from "../../support/node/followed-rollup.ts";
import { follow, newStorePath, rpcOf, SWIFT } from "../../support/node/stores.ts";
import { until } from "../../support/until.ts";

const DAY = 86_400;

describe("node: a watch over blobs", function () {
  this.timeout("2m");
  let world: FollowedRollup;
  let archive: BlobTestServer;
  let store: Store;
  let l1: L1;
  let made: number;
  let hashes: readonly string[];
  const path = newStorePath();
  before(async () => {
    world = await FollowedRollup.create(undefined, undefined, true);
    archive = await BlobTestServer.start();
    await world.fund();
    for (const amount of [3n, 4n]) await world.inBlob([{ spends: [{ from: "alice", to: "bob", amount }] }]);
    // Nobody needs the blob of a batch without transfers.
    await world.inBlob([{}]);
    hashes = [...world.blobs.keys()].slice(0, 2);
    for (const hash of hashes) archive.blobs.set(hash, world.blobs.get(hash)!);
    store = await follow(world, { path, blobs: finder() });
    l1 = new L1(rpcOf(world), world.address);
    made = store.lastBatch!.timestamp;
  });
  after(async () => {
    store.close();
    await archive.close();
    await world.close();
  });
  beforeEach(() => {
    for (const hash of hashes) archive.blobs.set(hash, world.blobs.get(hash)!);
    archive.asked.length = 0;
  });

  const finder = (clock = SYSTEM_CLOCK): BlobFinder =>
    BlobFinder.at({ archive: [archive.url] }, { attempts: 1, clock });
  const hashesIn = (text: string | undefined): readonly string[] => text?.match(/0x01[0-9a-f]{62}/g) ?? [];

  it("asks for each of those that are 12 days old once a day, and for no younger ones", async () => {
    const watch = new BlobWatch(finder());
    expect(await watch.look(l1, store, made + 11.9 * DAY)).to.deep.equal([]);
    expect(archive.asked).to.deep.equal([]);
    expect(await watch.look(l1, store, made + 12 * DAY)).to.deep.equal([]);
    expect(archive.asked.toSorted()).to.deep.equal(hashes.map((hash) => `/blobs/${hash}`).toSorted());
    await watch.look(l1, store, made + 12.9 * DAY);
    expect(archive.asked).to.have.length(2);
    await watch.look(l1, store, made + 13 * DAY);
    expect(archive.asked).to.have.length(4);
  });

  it("says which one nobody has any more, or gives another in its place, and looks for it each time", async () => {
    const watch = new BlobWatch(finder());
    const [first, second] = hashes as [string, string];
    archive.blobs.delete(second);
    for (let look = 0; look < 2; look++) {
      const [alarm, ...others] = await watch.look(l1, store, made + 13 * DAY);
      expect(others).to.deep.equal([]);
      expect(alarm!.kind).to.equal("blob-unavailable");
      expect(alarm!.message).to.match(/^the blob 0x01\w+ of batch \d+, older than 12 days, .* does not have it\)/);
      expect(hashesIn(alarm!.message)).to.deep.equal([second]);
    }
    expect(archive.asked).to.have.length(3);
    archive.blobs.set(second, [5n]);
    expect((await watch.look(l1, store, made + 13 * DAY))[0]!.message).to.include("another blob");
    archive.blobs.delete(first);
    const [both] = await watch.look(l1, store, made + 14.5 * DAY);
    expect(both!.message).to.include(`${first} of batch`).and.to.include("and 1 more");
    for (const hash of hashes) archive.blobs.set(hash, world.blobs.get(hash)!);
    expect(await watch.look(l1, store, made + 14.5 * DAY)).to.deep.equal([]);
    // Nobody was named who may have it.
    expect(await new BlobWatch(new BlobFinder([])).look(l1, store, made + 13 * DAY)).to.have.length(1);
  });

  it("is part of a watchtower's look, as is that the state cannot be read on", async () => {
    const seconds = made + 13 * DAY;
    const clock: Clock = { ...SYSTEM_CLOCK, now: () => seconds * 1000 };
    const look = async (file: string, blobs: BlobFinder) => {
      const tower = new Watchtower({
        ...{ l1, clock, openStore: () => openStore(l1, file), follow: { ...SWIFT, blobs } },
        ...{ deadlineMargin: DAY, stallTime: 30 * DAY, expected: (now) => Promise.resolve(now) },
      });
      const { alarms } = await tower.look();
      tower.close();
      return alarms;
    };
    expect(await look(path, finder())).to.deep.equal([]);
    archive.blobs.clear();
    expect(await look(path, finder())).to.have.length(1);
    const [stuck, ...others] = await look(":memory:", finder(clock));
    expect(others).to.deep.equal([]);
    expect(stuck!.kind).to.equal("blob-unavailable");
    expect(stuck!.message).to.match(/^BLOB_UNAVAILABLE: blob 0x01\w+ of block \d+, 13\.0 days old, is not to be had/);
  });

  it("is part of a node's health, which does not wait for it", async () => {
    let elapsed = 0;
    const clock: Clock = { ...SYSTEM_CLOCK, now: () => (made + 13 * DAY) * 1000, elapsed: () => elapsed };
    const check = blobCheck(l1, store, finder(), clock);
    archive.blobs.delete(hashes[0]!);
    expect(check()).to.equal(undefined);
    const found = await until(() => check(), "the first look's end");
    expect(hashesIn((found as { readonly why: string }).why)).to.deep.equal([hashes[0]]);
    expect(archive.asked).to.have.length(2);
    archive.blobs.set(hashes[0]!, world.blobs.get(hashes[0]!)!);
    expect(check()).to.not.equal(undefined);
    elapsed = 10 * 60_000;
    await until(() => check() === undefined || undefined, "the second look's end");
  });
});
