import { expect } from "chai";
import type { ProvenBatch, SubmitOutcome } from "../../../node/submitter/submission.ts";
import { Submitter, type SubmitterOptions } from "../../../node/submitter/submitter.ts";
import { FollowedRollup } from "./followed-rollup.ts";
import { rpcOf } from "./stores.ts";
import { altered, GWEI, MemoryJournal, Miner, OPERATOR } from "./submitter.ts";

/** A rollup on a chain that mines when it is told to, and submitters for it. */
export class SubmitterBench {
  world!: FollowedRollup;
  miner!: Miner;
  /** Whether submitters get no answers any more. */
  isOver = false;

  private constructor() {}

  /** For the tests of a suite. All that a test did is taken back after it. */
  static forSuite(): SubmitterBench {
    const bench = new SubmitterBench();
    let goBack: () => Promise<void>;
    before(async () => {
      bench.world = await FollowedRollup.create();
      await bench.world.fund();
      bench.miner = new Miner(bench.world);
    });
    beforeEach(async () => {
      goBack = await bench.world.branch();
      await bench.miner.automine(false);
      bench.isOver = false;
    });
    afterEach(async () => {
      bench.isOver = true;
      await bench.miner.automine(true);
      await goBack();
    });
    after(() => bench.world.close());
    return bench;
  }

  /** A submitter that loses no time, does not replace transactions by itself, and ends with the test. */
  submitterWith({ rpc = rpcOf(this.world), ...changes }: Partial<SubmitterOptions> = {}): Submitter {
    return new Submitter({
      ...{ chainId: 31337, rollup: this.world.address, signer: OPERATOR, journal: new MemoryJournal() },
      ...{ feeCap: 500n * GWEI, patience: 3_600_000, interval: 1 },
      ...changes,
      rpc: altered(rpc, (_, answer) => {
        if (this.isOver) throw new Error("the test is over");
        return answer();
      }),
    });
  }

  /** Makes batches that differ in each, to be submitted one after the other. */
  async batches(count: number): Promise<readonly ProvenBatch[]> {
    const made: ProvenBatch[] = [];
    for (let i = 0; i < count; i++) {
      made.push(await this.world.proven({ spends: [{ from: "alice", to: "bob", amount: BigInt(101 + i) }] }));
    }
    return made;
  }

  async batch(): Promise<ProvenBatch> {
    return (await this.batches(1))[0]!;
  }

  /** Somebody else's batch with the same number, in the mempool or mined. */
  async rival(): Promise<ProvenBatch> {
    const leave = await this.world.branch();
    const other = await this.world.proven({ spends: [{ from: "bob", to: "carol", amount: 7n }] });
    await leave();
    return other;
  }

  /** From the operator's account, past the submitter. */
  async sendElsewhere({ size, proof, c, words, refundAddresses, beneficiary }: ProvenBatch): Promise<void> {
    const { rollup, signers } = this.world.chain;
    await rollup.connect(signers["operator"]).submitBatch(size, proof, c, words, [...refundAddresses], beneficiary);
  }

  nonce(): Promise<number> {
    return this.world.chain.signers["operator"]!.getNonce("latest");
  }

  async batchNumber(): Promise<number> {
    return Number(await this.world.chain.rollup.batchNumber());
  }
}

export function expectMined(outcome: SubmitOutcome): SubmitOutcome & { readonly kind: "mined" } {
  expect(
    outcome.kind,
    JSON.stringify(outcome, (_, value: unknown) => String(value)),
  ).to.equal("mined");
  return outcome as SubmitOutcome & { readonly kind: "mined" };
}
