import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { packBatches } from "../../l1/packed-batches.ts";
import { ALARMS } from "../../node/watch/alarms.ts";
import { buildBatch, type Batch } from "../../protocol/batch.ts";
import { domainOf } from "../../protocol/challenge.ts";
import { BATCH_SIZES } from "../../protocol/constants.ts";
import type { L1Operation } from "../../protocol/operations.ts";
import { RollupState } from "../../protocol/state.ts";
import { ensureCircuit } from "../../prover/artifacts/artifacts.ts";
import { endCurveWorkers } from "../../prover/backends/curve-workers.ts";
import { deployBroken, type BrokenSetup } from "../support/chain/broken-setup.ts";
import { enqueue } from "../support/chain/l1-queue.ts";
import { RpcServer } from "../support/chain/rpc-server.ts";
import { sheaf, type CliResult } from "../support/cli.ts";
import { newFolder } from "../support/folders.ts";
import { WebhookServer } from "../support/node/webhook-server.ts";
import { BENEFICIARY, keyOf } from "../support/protocol/world.ts";

const SIZE = BATCH_SIZES[0]!;

// The circuit is a real batch's, so that its words can be proven; the key's secrets are known, so that anything can be forged.
describe("detector: sheaf watch and a rollup whose setup is broken", function () {
  this.timeout(300_000);
  let setup: BrokenSetup;
  let server: RpcServer;
  let hook: WebhookServer;
  let address: string;
  const folder = newFolder();
  const [store, keys] = [join(folder, "store.db"), join(folder, "keys")];
  const evidence = `${store}.contradiction-2.json`;

  before(async () => {
    setup = await deployBroken("detector", [SIZE], false, await ensureCircuit(SIZE));
    await setup.publish(keys);
    address = await setup.rollup.getAddress();
    server = await RpcServer.start(setup.rpc);
    hook = await WebhookServer.start();

    // The first batch is right. The second, of the same transaction, is not: it says that a deposit leads to another root.
    const state = new RollupState();
    const first = await batchOf(state, 1, 10n ** 15n);
    const second = await batchOf(state, 2, 10n ** 16n);
    const batches = [first, second].map(({ batch, refundAddresses }, i) => {
      const published = { ...batch.published, ...(i === 1 && { newRoot: 666n }) };
      return { size: 0, ...setup.prove(SIZE, published), refundAddresses };
    });
    await setup.rollup.connect(setup.operator).submitBatches(packBatches(batches));
    expect(await setup.rollup.stateRoot()).to.equal(666n);
  });
  after(async () => {
    hook.close();
    await server.close();
    await setup.close();
    await endCurveWorkers();
  });

  /** The next batch, of one deposit that is queued for it. */
  async function batchOf(
    state: RollupState,
    batchNumber: number,
    amount: bigint,
  ): Promise<{ readonly batch: Batch; readonly refundAddresses: readonly string[] }> {
    const deposit: L1Operation & { readonly kind: "deposit" } = {
      ...{ kind: "deposit", index: batchNumber, token: 0, amount },
      ...{ l1Address: 0xa11cen, pubKeyY: keyOf("alice").publicKey.y },
    };
    const refundAddresses = await enqueue(setup.bench, [deposit]);
    const batch = buildBatch(state, SIZE, {
      domain: domainOf(31337n, BigInt(address)),
      ...{ batchNumber, timestamp: await setup.bench.networkHelpers.time.latest(), beneficiary: BENEFICIARY },
      ...{ token: 0, feeAccount: 0, l1Operations: [deposit], withdrawals: [], transfers: [] },
    });
    return { batch, refundAddresses };
  }

  const watch = (...more: readonly string[]): Promise<CliResult> =>
    sheaf(["watch", "--rpc", server.url, "--rollup", address, "--store", store, "--once", ...more]);
  const blocks = (): Promise<number> => setup.bench.networkHelpers.time.latestBlock();
  const isFrozen = (): Promise<boolean> => setup.rollup.isFrozen();

  it("says which batch is wrong, and sends nothing, without keys", async () => {
    const before = await blocks();
    const { exitCode, stdout, stderr } = await watch();
    expect(exitCode, stderr).to.equal(ALARMS["root-mismatch"]);
    expect(stdout).to.match(/batch-refused: batch 2, in transaction 0x[0-9a-f]{64}, does not follow: .* name --keys$/m);
    expect(await blocks()).to.equal(before);
  });

  it("proves it and keeps the proofs, and sends nothing, without being told to", async () => {
    const before = await blocks();
    const { exitCode, stdout, stderr } = await watch("--keys", keys, "--webhook", hook.url);
    expect(exitCode, stderr).to.equal(ALARMS["root-mismatch"]);
    expect(stdout).to.include("is being made").and.to.include(`the proofs in ${evidence} show it: anyone may freeze`);
    expect(await blocks()).to.equal(before);
    expect(await isFrozen()).to.equal(false);
    // Each step is news: the alarm does not wait for the proof.
    const [first, second, third, ...more] = hook.notices.map(({ alarms }) => alarms);
    expect(first!.map(({ kind }) => kind)).to.deep.equal(["root-mismatch"]);
    expect(second![1]!.message).to.include("is being made");
    expect(third![1]!.message).to.include(evidence);
    expect(more).to.deep.equal([]);
    const { calldata, ...rest } = JSON.parse(await readFile(evidence, "utf8")) as Record<string, unknown>;
    expect(rest).to.include({ chainId: 31337, rollup: address, batch: 2, call: "freezeByContradiction" });
    // Whoever has the file may use it.
    const [anybody] = (await setup.bench.ethers.getSigners()).slice(5);
    await anybody!.call({ to: address, data: calldata as string });
  });

  it("needs keys to contradict", async () => {
    const { exitCode, stderr } = await watch("--contradict");
    expect(exitCode).to.equal(1);
    expect(stderr).to.include("error USAGE");
  });

  it("freezes the rollup if it is told to, by the proofs that it has", async () => {
    const { exitCode, stdout, stderr } = await watch("--keys", keys, "--contradict");
    expect(exitCode, stderr).to.equal(ALARMS["root-mismatch"]);
    expect(stdout)
      .to.match(/transaction 0x[0-9a-f]{64} has frozen the rollup/)
      .and.not.to.include("is being made");
    expect(await isFrozen()).to.equal(true);
    await rm(evidence);
    const again = await watch("--keys", keys, "--contradict");
    expect(again.stdout).to.include("the rollup is frozen: leave");
  });
});
