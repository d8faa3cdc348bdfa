import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { Anvil } from "../support/chain/anvil.ts";
import { BlobTestServer } from "../support/blobs/blob-server.ts";
import { expectFailure, expectSuccess } from "../support/cli.ts";
import { RunningCommand } from "../support/prover/prover-commands.ts";
import { until } from "../support/until.ts";
import { newFolder } from "../support/folders.ts";
import { FollowedRollup } from "../support/node/followed-rollup.ts";
import { contentOf, newStorePath } from "../support/node/stores.ts";

// On a client that serves blobs as a beacon node does, byte for byte.
describe("sheaf restore, of a rollup whose transfers are in blobs", function () {
  this.timeout("5m");
  let anvil: Anvil;
  let world: FollowedRollup;
  let archive: BlobTestServer;
  const atBeacon = newStorePath();
  before(async () => {
    anvil = await Anvil.start();
    archive = await BlobTestServer.start();
    world = await FollowedRollup.at(anvil.url, true);
    await world.fund();
    const transfers = (amount: bigint) => ({ spends: [{ from: "alice", to: "bob", amount, fee: 1n }] });
    await world.inBlob([transfers(3n), transfers(4n)]);
    await world.batch(transfers(5n));
    await world.inBlob([transfers(6n), { ...transfers(7n), token: 1 }]);
  });
  after(async () => {
    await archive.close();
    await anvil.close();
    await world.close();
  });

  const args = (store: string, ...more: readonly string[]): string[] => [
    ...["restore", "--rpc", anvil.url, "--rollup", world.address, "--store", store, ...more],
  ];

  it("reads them from a beacon node, or from archives, of which some may be of no use, with the same result", async () => {
    const text = await expectSuccess(args(atBeacon, "--beacon", anvil.url));
    expect(text).to.match(/^batches {3}9, each root checked$/m);
    expect(text).to.include(`root      ${world.state.root}, as the contract says`);

    const failing = await BlobTestServer.start();
    failing.manner = "failing";
    world.blobs.forEach((coefficients, hash) => archive.blobs.set(hash, coefficients));
    const path = newStorePath();
    await expectSuccess(args(path, "--archive", failing.url, archive.url));
    await failing.close();
    expect(contentOf(path)).to.deep.equal(contentOf(atBeacon));
  });

  it("says which blob is missing and what to do, and begins with a snapshot instead", async () => {
    const path = newStorePath();
    const missing = await expectFailure("BLOB_UNAVAILABLE", args(path));
    expect(missing).to.match(/blob 0x01[0-9a-f]{62} of block \d+, 0\.0 days old, is not to be had: nobody was named/);
    expect(missing).to.include("--archive").and.to.include("--beacon");

    const snapshot = join(newFolder(), "snapshot");
    await expectSuccess(args(atBeacon, "--write-snapshot", snapshot));
    const next = newStorePath();
    const text = await expectSuccess(args(next, "--snapshot", snapshot));
    expect(text)
      .to.include("snapshot  of batch 9")
      .and.to.include(`root      ${world.state.root}, as the contract says`);
    await expectSuccess(args(next));
    await expectFailure("USAGE", args(atBeacon, "--snapshot", snapshot));
    const content = await readFile(snapshot, "utf8");
    await writeFile(snapshot, content.replace('"batch":9', '"batch":10'));
    await expectFailure("SNAPSHOT_MISMATCH", args(newStorePath(), "--snapshot", snapshot));
    await writeFile(snapshot, content.slice(0, -20));
    await expectFailure("SNAPSHOT_MALFORMED", args(newStorePath(), "--snapshot", snapshot));
  });

  it("is served by a watch with its store, for another one to restore from", async () => {
    const watch = ["watch", "--rpc", anvil.url, "--rollup", world.address, "--store", atBeacon];
    const command = new RunningCommand([...watch, "--beacon", anvil.url, "--serve", "0", "--interval", "1"]);
    const url = await command.said(/blobs are served at (http\S+)\/blobs/);
    const [hash] = world.blobs.keys();
    await until(async () => ((await fetch(`${url}/blobs/${hash}`)).ok ? true : undefined), "the store to be open");
    const path = newStorePath();
    await expectSuccess(args(path, "--archive", url));
    expect(contentOf(path)).to.deep.equal(contentOf(atBeacon));
    const statuses = async (...paths: string[]) => Promise.all(paths.map(async (at) => (await fetch(url + at)).status));
    expect(await statuses(`/blobs/0x${"01".repeat(32)}`, "/blobs/1", "/state", "/config")).to.deep.equal([
      ...[404, 400, 404, 404],
    ]);
    expect(await command.end("SIGINT")).to.equal(0);
  });

  it("is told of a place that is no URL before anything is read", async () => {
    await expectFailure("FIELD_INVALID", args(newStorePath(), "--archive", "example.org"));
    await expectFailure("FIELD_INVALID", args(newStorePath(), "--beacon", "ftp://example.org"));
  });
});
