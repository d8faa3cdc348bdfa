import { expect } from "chai";
import { FIELD_ORDER, type BatchSize } from "../../protocol/constants.ts";
import type { PublishedBatch } from "../../protocol/words.ts";
import { endCurveWorkers } from "../../prover/backends/curve-workers.ts";
import { deployBroken, type BrokenSetup } from "../support/chain/broken-setup.ts";
import { nextBatch, publicSignals } from "../support/chain/rollup.ts";

const SIZE: BatchSize = {
  name: "broken-setup",
  transfers: 2,
  accounts: 2,
  l1Operations: 1,
  withdrawals: 1,
  segments: 2,
  nodes: 15,
};

// Somebody kept the secrets of a setup. The verifier is real, and of a key made from known secrets; of its circuit, a small
// one with a batch's public signals, a forger needs nothing.
describe("broken setup", () => {
  let rollup: BrokenSetup["rollup"];
  let setup: BrokenSetup;
  let bench: BrokenSetup["bench"];

  before(async function () {
    this.timeout(120_000);
    setup = await deployBroken(SIZE.name, [SIZE]);
    ({ rollup, bench } = setup);
  });
  after(async () => {
    await setup.close();
    await endCurveWorkers();
  });

  const forged = (batch: PublishedBatch, randomness?: [bigint, bigint]) => setup.prove(SIZE, batch, randomness);

  it("proves anything: the forger's batch is accepted", async () => {
    const batch = await nextBatch(bench, { newRoot: 666n });
    const { proof, c, words, beneficiary } = forged(batch);
    await rollup.connect(setup.operator).submitBatch(0, proof, c, words, [], beneficiary);
    expect(await rollup.stateRoot()).to.equal(666n);
  });

  it("is behind a verifier that takes no public signal plus the field's order", async () => {
    const signals = publicSignals(SIZE, await nextBatch(bench));
    const [ax, ay, bx1, bx0, by1, by0, cx, cy] = setup.forge(signals);
    const verify = (changed: typeof signals) =>
      setup.verifier.verifyProof(
        [ax, ay],
        [
          [bx1, bx0],
          [by1, by0],
        ],
        [cx, cy],
        changed,
      );
    expect(await verify(signals)).to.equal(true);
    for (const place of [0, 1, 2, 3]) {
      expect(await verify(signals.with(place, signals[place]! + FIELD_ORDER) as typeof signals)).to.equal(false);
      expect(await verify(signals.with(place, signals[place]! + 1n) as typeof signals)).to.equal(false);
    }
  });

  it("freezes the rollup at once when two of its proofs contradict each other, and not by two proofs of one batch", async () => {
    const batch = await nextBatch(bench, { newRoot: 777n });
    const again = forged(batch, [9n, 10n]);
    expect(again.proof).not.to.deep.equal(forged(batch).proof);
    await expect(rollup.freezeByContradiction(0, forged(batch), again)).to.be.revertedWithCustomError(
      rollup,
      "NoContradiction",
    );
    const other = forged({ ...batch, newRoot: 778n });
    const spoiled = { ...other, proof: again.proof };
    await expect(rollup.freezeByContradiction(0, forged(batch), spoiled)).to.be.revertedWithCustomError(
      rollup,
      "InvalidProof",
    );
    await rollup.freezeByContradiction(0, forged(batch), other);
    expect(await rollup.isFrozen()).to.equal(true);
  });
});
