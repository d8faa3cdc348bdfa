import { expect } from "chai";
import { commitmentOf, versionedHashOf } from "../../../l1/blobs/kzg.ts";
import { blobOf } from "../../../l1/blobs/layout.ts";
import { BlobFinder, type FindOptions } from "../../../node/blobs/finder.ts";
import type { WantedBlob } from "../../../node/blobs/source.ts";
import { BlobTestServer, type Manner } from "../../support/blobs/blob-server.ts";
import { expectCode } from "../../support/errors.ts";
import { seeded } from "../../support/random.ts";
import { until } from "../../support/until.ts";

const random = seeded("finder of blobs");
const words = (count: number): bigint[] => Array.from({ length: count }, () => 1n + random.below(2n ** 248n - 1n));

describe("a finder of blobs", function () {
  this.timeout("1m");
  const coefficients = words(20);
  let wanted: WantedBlob;
  let servers: BlobTestServer[];
  const [first, second, third] = [0, 1, 2].map((i) => (): BlobTestServer => servers[i]!) as [
    () => BlobTestServer,
    () => BlobTestServer,
    () => BlobTestServer,
  ];
  const SLOT = 1_000_000;
  /** So many days after the blob's block. Patience with the server that is asked ends when it lets one wait. */
  const after = (days: number): FindOptions => {
    let asking = 0;
    return {
      ...{ attempts: 1, pause: 1, patience: 60_000 },
      clock: {
        now: () => (wanted.block.timestamp + days * 86_400) * 1000,
        elapsed: () => performance.now(),
        pause: async (milliseconds, signal) => {
          if (milliseconds < 1_000) return;
          const place = asking++;
          // A beacon node, which is the first one where there is one, is asked two things at a time.
          const isLate = (): boolean => servers[place]!.hanging >= (place === 0 ? 2 : 1);
          await until(() => signal?.aborted === true || isLate() || undefined, "a server that lets one wait");
        },
      },
    };
  };

  before(async () => {
    const versionedHash = versionedHashOf(await commitmentOf(blobOf(coefficients)));
    wanted = { versionedHash, block: { number: 77, timestamp: 1_600_000_000 + 12 * SLOT } };
  });
  beforeEach(async () => {
    servers = await Promise.all([0, 1, 2].map(() => BlobTestServer.start()));
  });
  afterEach(async () => {
    await Promise.all(servers.map((server) => server.close()));
  });

  it("takes a blob from an archive, and from a beacon node by the slot of the block's time", async () => {
    first().blobs.set(wanted.versionedHash, coefficients);
    expect(await BlobFinder.at({ archive: [first().url] }).find(wanted)).to.deep.equal(coefficients);
    second().slots.set(SLOT, [BlobTestServer.blobOf(coefficients)]);
    expect(await BlobFinder.at({ beacon: second().url }).find(wanted)).to.deep.equal(coefficients);
    expect(second().asked.at(-1)).to.equal(`/eth/v1/beacon/blobs/${SLOT}?versioned_hashes=${wanted.versionedHash}`);

    second().spec = { SECONDS_PER_SLOT: "12", SLOT_DURATION_MS: "6000" };
    second().slots.clear();
    second().slots.set(2 * SLOT, [BlobTestServer.blobOf(coefficients)]);
    expect(await BlobFinder.at({ beacon: second().url }).find(wanted)).to.deep.equal(coefficients);
    // A development chain: its slots are its blocks.
    second().spec = undefined;
    second().slots.set(77, [BlobTestServer.blobOf(coefficients)]);
    second().slots.delete(2 * SLOT);
    expect(await BlobFinder.at({ beacon: `${second().url}/` }).find(wanted)).to.deep.equal(coefficients);
  });

  it("finds a blob among all those of a block, those of other rollups before it", async () => {
    const foreign = `0x${"12".repeat(131_072)}`;
    const others = [foreign, "0x", `0x${"ff".repeat(131_072)}`, BlobTestServer.blobOf(words(3))];
    first().slots.set(SLOT, [...others, BlobTestServer.blobOf(coefficients), foreign]);
    expect(await BlobFinder.at({ beacon: first().url }).find(wanted)).to.deep.equal(coefficients);
  });

  it("asks the next one where one is gone, silent, late, broken, endless, pruned, or answers something else", async () => {
    third().blobs.set(wanted.versionedHash, coefficients);
    const manners: readonly Manner[] = [
      ...(["gone", "silent", "stuck", "broken", "endless", "failing", "babbling", "other", "honest"] as const),
    ];
    for (const manner of manners) {
      [first().manner, second().manner] = [manner, manner];
      for (const server of servers) [server.asked.length, server.hanging] = [0, 0];
      const finder = BlobFinder.at({ beacon: first().url, archive: [second().url, third().url] }, after(1));
      expect(await finder.find(wanted), manner).to.deep.equal(coefficients);
      expect(first().asked, manner).not.to.be.empty;
      expect(second().asked, manner).to.have.length(1);
    }
  });

  it("believes no blob of another commitment", async () => {
    const swapped = [coefficients[1]!, coefficients[0]!, ...coefficients.slice(2)];
    for (const lie of [swapped, coefficients.slice(0, -1), [...coefficients, 1n], []]) {
      first().blobs.set(wanted.versionedHash, lie);
      second().slots.set(SLOT, [BlobTestServer.blobOf(lie)]);
      const finder = BlobFinder.at({ archive: [first().url], beacon: second().url }, after(1));
      const { message } = await expectCode("BLOB_UNAVAILABLE", () => finder.find(wanted));
      expect(message).to.match(/beacon node \S+: it gives another blob, .*; archive \S+: it gives another blob/);
    }
    // Zeros at the end say nothing, and are not kept.
    first().blobs.set(wanted.versionedHash, [...coefficients, 0n, 0n]);
    const padded = await BlobFinder.at({ archive: [first().url] }, after(1)).find(wanted);
    expect(padded).to.deep.equal(coefficients);
  });

  it("says which blob it is, how old, and of each source why it was of no use, in its own words", async () => {
    first().manner = "failing";
    second().manner = "gone";
    const places = { beacon: third().url, archive: [first().url, second().url] };
    const { message } = await expectCode("BLOB_UNAVAILABLE", () => BlobFinder.at(places, after(20)).find(wanted));
    const host = (server: BlobTestServer): string => new URL(server.url).host;
    expect(message).to.equal(
      `blob ${wanted.versionedHash} of block 77, 20.0 days old, so that L1's nodes have forgotten it, is not to be had: ` +
        `beacon node ${host(third())}: it does not have it; archive ${host(first())}: it answers HTTP 503; ` +
        `archive ${host(second())}: it does not answer`,
    );
    const alone = await expectCode("BLOB_UNAVAILABLE", () => new BlobFinder([], after(2)).find(wanted));
    expect(alone.message).to.include("2.0 days old, is not to be had: nobody was named who may have it");
  });

  it("asks all of them again after a pause, before it gives up", async () => {
    const finder = BlobFinder.at({ archive: [first().url] }, { ...after(1), attempts: 3 });
    const found = finder.find(wanted);
    // It comes while the finder pauses: the server answers a request with what it has then.
    first().asked.push = function (...urls: string[]): number {
      if (this.length === 1) first().blobs.set(wanted.versionedHash, coefficients);
      return Array.prototype.push.apply(this, urls);
    };
    expect(await found).to.deep.equal(coefficients);
    expect(first().asked).to.have.length(2);
    first().blobs.clear();
    await expectCode("BLOB_UNAVAILABLE", () => finder.find(wanted));
    expect(first().asked).to.have.length(5);
  });

  it("sends a user's name and password, keeps a path and a key, and refuses what is no URL", async () => {
    first().blobs.set(wanted.versionedHash, coefficients);
    const place = first().url.replace("http://", "http://me:secret@");
    expect(await BlobFinder.at({ archive: [place] }).find(wanted)).to.deep.equal(coefficients);
    expect(first().credentials).to.deep.equal([`Basic ${btoa("me:secret")}`]);
    first().asked.length = 0;
    await BlobFinder.at({ archive: [`${first().url}/a/path/?key=7`] }, after(1))
      .find(wanted)
      .catch(() => undefined);
    expect(first().asked).to.deep.equal([`/a/path/blobs/${wanted.versionedHash}?key=7`]);
    await expectCode("FIELD_INVALID", () => BlobFinder.at({ archive: ["ftp://example.org"] }));
    await expectCode("FIELD_INVALID", () => BlobFinder.at({ beacon: "beacon" }));
  });
});
