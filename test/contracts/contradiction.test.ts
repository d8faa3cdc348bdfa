import { expect } from "chai";
import { domainOf } from "../../protocol/challenge.ts";
import { FIELD_ORDER } from "../../protocol/constants.ts";
import { encodeWords, type PublishedBatch } from "../../protocol/words.ts";
import {
  BENEFICIARY,
  COMMITMENT,
  createBench,
  nextBatch,
  PROOF,
  publicSignals,
  SIZES,
  submit,
  type Bench,
  type Proof,
} from "../support/chain/rollup.ts";
import { flipped } from "../support/protocol/flipped.ts";

interface Claim {
  proof: bigint[];
  c: bigint;
  words: Uint8Array;
  beneficiary: string;
}

// Size 0's verifier accepts everything, as after a broken setup; that of size 1 accepts one proof of one batch, as a sound one.
describe("Rollup: contradiction", () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await createBench();
  });

  const claim = (batch: PublishedBatch, changes: Partial<Claim> = {}, size = SIZES[0]): Claim => ({
    proof: [...PROOF],
    c: COMMITMENT,
    words: encodeWords(size, batch),
    beneficiary: BENEFICIARY,
    ...changes,
  });

  const freeze = (one: Claim, other: Claim, size = 0) =>
    bench.rollup.connect(bench.mallory).freezeByContradiction(size, one, other);

  const refused = (call: Promise<unknown>, error: string) =>
    expect(call).to.be.revertedWithCustomError(bench.rollup, error);

  it("freezes at once: two proofs lead from the same words to different roots", async () => {
    const { rollup } = bench;
    const batch = await nextBatch(bench, { transfers: [{ from: 1, to: 2, amount: 3n, fee: 4n }] });
    const root = await rollup.stateRoot();
    await expect(freeze(claim(batch), claim({ ...batch, newRoot: 77n }, { c: 5n })))
      .to.emit(rollup, "Frozen")
      .withArgs(root);
    await refused(submit(bench, batch), "RollupFrozen");
    await refused(freeze(claim(batch), claim({ ...batch, newRoot: 77n })), "RollupFrozen");
  });

  it("needs no present state: evidence does not age", async () => {
    const batch = await nextBatch(bench);
    await submit(bench, batch);
    await submit(bench, await nextBatch(bench));
    await bench.networkHelpers.time.increase(400 * 86400);
    await freeze(claim(batch), claim({ ...batch, newRoot: 77n }));
    expect(await bench.rollup.isFrozen()).to.equal(true);
  });

  it("is not one proof twice, nor two proofs of one batch: Groth16's can be changed into others", async () => {
    const batch = await nextBatch(bench);
    await refused(freeze(claim(batch), claim(batch)), "NoContradiction");
    const changed = claim(batch, { proof: [...PROOF].reverse(), c: 9n });
    await refused(freeze(claim(batch), changed), "NoContradiction");
  });

  it("is not two batches that differ in any other word", async () => {
    const batch = await nextBatch(bench, {
      l1Operations: [{ kind: "creation", index: 5, token: 1, l1Address: 6n, pubKeyY: 7n }],
      withdrawals: [{ from: 8, fee: 9n, l1Address: 10n, amount: 11n }],
      transfers: [{ from: 12, to: 13, amount: 14n, fee: 15n }],
    });
    const other = { ...batch, newRoot: 77n };
    const row = batch.transfers[0]!;
    const differing: Partial<PublishedBatch>[] = [
      { oldRoot: batch.oldRoot + 1n },
      { batchNumber: batch.batchNumber + 1 },
      { timestamp: batch.timestamp - 1 },
      { token: 1 },
      { feeAccount: 1 },
      { l1Operations: [{ kind: "creation", index: 5, token: 1, l1Address: 6n, pubKeyY: 8n }] },
      { withdrawals: [{ from: 8, fee: 9n, l1Address: 10n, amount: 12n }] },
      { transfers: [{ ...row, fee: 16n }] },
      { transfers: [row, row] },
      { transfers: [row, row, row] },
      { l1Operations: [] },
      { withdrawals: [] },
      // As long as before, and the same bytes but for the counts.
      { withdrawals: [], transfers: [row, row, row, row] },
    ];
    for (const difference of differing) {
      await refused(freeze(claim(batch), claim({ ...other, ...difference })), "NoContradiction");
      await refused(freeze(claim({ ...other, ...difference }), claim(batch)), "NoContradiction");
    }
    await freeze(claim(batch), claim(other));
  });

  it("needs both proofs to be right", async () => {
    const { expecting } = bench;
    const batch = await nextBatch(bench);
    const other = { ...batch, newRoot: 77n };
    const claims = [claim(batch, {}, SIZES[1]), claim(other, {}, SIZES[1])] as const;
    for (const honest of [batch, other]) {
      await expecting.expect([...PROOF] as Proof, publicSignals(SIZES[1], honest));
      await refused(freeze(claims[0], claims[1], 1), "InvalidProof");
      await refused(freeze(claims[1], claims[0], 1), "InvalidProof");
    }
  });

  it("takes each proof for its own beneficiary", async () => {
    const batch = await nextBatch(bench);
    const other = { ...batch, newRoot: 77n };
    const mallory = { beneficiary: bench.mallory.address };
    await freeze(claim(batch), claim(other, mallory));
    expect(await bench.rollup.isFrozen()).to.equal(true);
  });

  it("has proofs checked for the beneficiaries that they name", async () => {
    const { expecting, mallory } = bench;
    const batch = await nextBatch(bench);
    await expecting.expect([...PROOF] as Proof, publicSignals(SIZES[1], batch));
    const claims = (beneficiary: string) => [
      claim(batch, { beneficiary }, SIZES[1]),
      claim(batch, { beneficiary }, SIZES[1]),
    ];
    // Both are right, and one batch: no contradiction, but no wrong proof either.
    const [one, same] = claims(BENEFICIARY);
    await refused(freeze(one!, same!, 1), "NoContradiction");
    const [stolen] = claims(mallory.address);
    await refused(freeze(one!, stolen!, 1), "InvalidProof");
    await refused(freeze(stolen!, one!, 1), "InvalidProof");
  });

  it("does not happen within a deposit", async () => {
    const { rollup, owner, alice, ethers } = bench;
    const token = await ethers.deployContract("ReentrantToken");
    await rollup.connect(owner).registerToken(token);
    await token.mint(alice, 1000n);
    await token.connect(alice).approve(rollup, 1000n);
    const batch = await nextBatch(bench);
    const claims = [claim(batch), claim({ ...batch, newRoot: 77n })] as const;
    await token.arm(rollup, rollup.interface.encodeFunctionData("freezeByContradiction", [0, ...claims]));
    const deposit = rollup.connect(alice).deposit(2, 500n, 5n, alice, alice, { value: await rollup.queueFee() });
    await refused(deposit, "ReentrancyGuardReentrantCall");
  });

  it("takes both proofs by the verifier of the size named", async () => {
    const batch = await nextBatch(bench);
    for (const size of [2, 4]) {
      await refused(freeze(claim(batch), claim({ ...batch, newRoot: 77n }), size), "UnknownBatchSize");
    }
  });

  describe("reads words that mean one thing only", () => {
    /** Expects two claims with the same defect to be refused, on either side, and to be taken without it. */
    async function refusedWith(defect: (batch: PublishedBatch) => Claim, error: string): Promise<void> {
      const batch = await nextBatch(bench, {
        l1Operations: [{ kind: "creation", index: 5, token: 1, l1Address: 6n, pubKeyY: 7n }],
      });
      const other = { ...batch, newRoot: 77n };
      await refused(freeze(defect(batch), defect(other)), error);
      await refused(freeze(claim(batch), defect(other)), error);
      const snapshot = await bench.networkHelpers.takeSnapshot();
      await freeze(claim(batch), claim(other));
      await snapshot.restore();
    }

    it("roots below the field's order, or an honest proof shows both a root and its alias", async () => {
      const batch = await nextBatch(bench);
      const alias = { ...batch, newRoot: batch.newRoot + FIELD_ORDER };
      await refused(freeze(claim(batch), claim(alias)), "RootNotInField");
      await refused(freeze(claim(alias), claim(batch)), "RootNotInField");
      // Which of two old roots such a word is depends on the challenge.
      await refusedWith((other) => claim({ ...other, oldRoot: FIELD_ORDER }), "RootNotInField");
    });

    it("keys below the field's order, in every row that is in use", async () => {
      const creation = { kind: "creation", index: 5, token: 1, l1Address: 6n, pubKeyY: 7n } as const;
      for (const row of [0, 1, 2]) {
        for (const pubKeyY of [FIELD_ORDER, 2n ** 256n - 1n]) {
          const l1Operations = Array.from({ length: 3 }, (_, at) => (at === row ? { ...creation, pubKeyY } : creation));
          await refusedWith((batch) => claim({ ...batch, l1Operations }), "KeyNotInField");
        }
      }
    });

    it("no key of what is not a row: behind the last one in use other words follow", async () => {
      const ones = { from: 2 ** 32 - 1, to: 2 ** 32 - 1, amount: 0n, fee: 0n };
      const batch = await nextBatch(bench, { transfers: [ones, ones, ones, ones] });
      await freeze(claim(batch), claim({ ...batch, newRoot: 77n }));
    });

    it("the length that their counts give, with counts within the size's", async () => {
      await refusedWith((batch) => claim(batch, { words: encodeWords(SIZES[0], batch).slice(0, -31) }), "WrongLength");
      await refusedWith((batch) => claim(batch, { words: encodeWords(SIZES[0], batch).slice(0, 126) }), "WrongLength");
      for (const bits of [1n << 32n, 1n << 16n, 1n]) {
        await refusedWith(
          (batch) => claim(batch, { words: flipped(encodeWords(SIZES[0], batch), "numbers", bits) }),
          "WrongLength",
        );
      }
      const row = { from: 1, to: 2, amount: 4n, fee: 5n };
      const crowd = { transfers: [row, row, row, row, row] };
      const roomy = { ...SIZES[0], transfers: 6 };
      await refusedWith((batch) => claim(batch, { words: encodeWords(roomy, { ...batch, ...crowd }) }), "TooManyRows");
    });

    it("this rollup's domain", async () => {
      await refusedWith((batch) => claim({ ...batch, domain: domainOf(1n, 2n) }), "WrongDomain");
    });

    it("a commitment below the field's order", async () => {
      await refusedWith((batch) => claim(batch, { c: FIELD_ORDER }), "PublicInputNotInField");
    });
  });
});
