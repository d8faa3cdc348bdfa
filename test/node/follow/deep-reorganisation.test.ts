import { expect } from "chai";
import type { Rpc } from "../../../node/l1/rpc.ts";
import type { NodeOptions } from "../../../node/node.ts";
import { Submitter } from "../../../node/submitter/submitter.ts";
import { Anvil } from "../../support/chain/anvil.ts";
import { FollowedRollup } from "../../support/node/followed-rollup.ts";
import { nodeOptions } from "../../support/node/node-options.ts";
import { NodeWorld } from "../../support/node/node-world.ts";
import { rpcOf } from "../../support/node/stores.ts";
import { GWEI, OPERATOR } from "../../support/node/submitter.ts";
import { LONG } from "../../support/random.ts";
import { until } from "../../support/until.ts";

const TRANSFERS = LONG ? 100 : 48;
const DEPTHS = [10, 12];
/** Batches that are mined before each reorganisation. */
const BATCHES = 4;
/** Seconds between blocks, and the milliseconds in which they pass here; a node's own times are scaled like these. */
const [BLOCK_TIME, PACE] = [2, 50];
const scaled = (milliseconds: number): number => (milliseconds * PACE) / (1000 * BLOCK_TIME);

const optionsFor = (rpc: Rpc, rollup: string): Pick<NodeOptions, "equip" | "pollInterval" | "retryPause"> => ({
  equip: async (parts) => ({
    ...(await nodeOptions(rpc, rollup).equip(parts)),
    submitter: new Submitter({
      ...{ rpc, rollup, chainId: parts.store.chainId, journal: parts.journal, signer: OPERATOR },
      feeCap: 1000n * GWEI,
      ...{ patience: scaled(60_000), interval: scaled(4000) },
    }),
  }),
  ...{ pollInterval: scaled(1000), retryPause: scaled(5000) },
});

// Another client than Hardhat's: it drops what a reorganisation takes back, and its time goes back with its blocks.
describe("node: deep reorganisations of Anvil, with many transfers waiting", () => {
  let anvil: Anvil;
  let world: NodeWorld;
  let isMining = false;

  before(async () => {
    anvil = await Anvil.start("--no-mining");
    await anvil.call("evm_setAutomine", true);
    const rollup = await FollowedRollup.at(anvil.url);
    world = await NodeWorld.create(optionsFor(rpcOf(rollup), rollup.address), rollup);
    await world.fund();
    await anvil.call("evm_setAutomine", false);
  });
  after(async () => {
    isMining = false;
    await world.close();
    await anvil.close();
  });

  /** A block now and then, until the end of the test. */
  async function mine(): Promise<void> {
    for (isMining = true; isMining;) {
      await anvil.call("evm_increaseTime", BLOCK_TIME);
      await anvil.call("evm_mine");
      await new Promise((done) => setTimeout(done, PACE));
    }
  }

  it("cost few transactions, and everything is done without a standstill", async () => {
    const failed = new Set<string>();
    world.node.subscribe((event) => {
      if (event.type === "submission" && event.state.phase === "failed") failed.add(event.state.transaction);
    });
    const batches = async (): Promise<number> => Number(await world.rollup.chain.rollup.batchNumber());
    for (let i = 0; i < TRANSFERS; i++) await world.send("alice", "bob", BigInt(100 + i));
    const stop = new AbortController();
    const [running, mining] = [world.node.run(stop.signal), mine()];
    for (const depth of DEPTHS) {
      const before = await batches();
      await until(async () => (await batches()) >= before + BATCHES || undefined, "batches");
      await anvil.call("anvil_reorg", depth, []);
    }
    const { operations } = world.node.pool;
    await until(() => operations.count("verified") === TRANSFERS || undefined, "all transfers");
    stop.abort();
    await running;
    isMining = false;
    await mining;
    expect(failed.size).to.be.at.most(4);
    await world.expectTruth();
  });
});
