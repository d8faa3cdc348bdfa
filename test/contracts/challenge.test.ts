import { expect } from "chai";
import { challengeOf, digestOf, domainOf, evaluateWords } from "../../protocol/challenge.ts";
import { FIELD_ORDER, type BatchSize } from "../../protocol/constants.ts";
import { encodeWords, readWords, wordsOf, type PublishedBatch } from "../../protocol/words.ts";
import { enqueue } from "../support/chain/l1-queue.ts";
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
} from "../support/chain/rollup.ts";
import { flipped } from "../support/protocol/flipped.ts";

type Proof = Parameters<Bench["expecting"]["expect"]>[0];

/** A batch with different values in every field; `transfers` of them. */
async function fullBatch(bench: Bench, size: BatchSize, transfers: number): Promise<PublishedBatch> {
  return nextBatch(bench, {
    newRoot: FIELD_ORDER - 3n,
    token: 1,
    feeAccount: 0x0fee_acc7,
    l1Operations: [
      {
        kind: "deposit",
        index: 0x1111_0001,
        token: 1,
        l1Address: 0xd0d01n << 140n,
        pubKeyY: FIELD_ORDER - 5n,
        amount: 10_001n,
      },
      { kind: "creation", index: 0x1111_0002, token: 1, l1Address: 0xd0d02n << 140n, pubKeyY: FIELD_ORDER - 7n },
      {
        kind: "forcedWithdrawal",
        index: 0x1111_0003,
        token: 0,
        l1Address: 0xd0d03n << 140n,
        amount: (1n << 128n) - 9n,
      },
    ],
    withdrawals: Array.from({ length: size.withdrawals }, (_, row) => ({
      from: 0x2222_0000 + row,
      fee: 300n + BigInt(row),
      l1Address: BigInt(0xe0e00 + row) << 130n,
      amount: (1n << 127n) + BigInt(row),
    })),
    transfers: Array.from({ length: transfers }, (_, row) => ({
      from: 0x3333_0000 + row,
      to: 0x4444_0000 + row,
      amount: 50_000n + BigInt(row),
      fee: 700n + BigInt(row),
    })),
  });
}

describe("Rollup: challenge", () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await createBench();
    await bench.token.mint(bench.alice, 10n ** 9n);
    await bench.token.connect(bench.alice).approve(bench.rollup, 10n ** 9n);
  });

  it("has the domain that TypeScript computes", async () => {
    const { rollup, chainId } = bench;
    expect(await rollup.domain()).to.equal(domainOf(BigInt(chainId), BigInt(await rollup.getAddress())));
  });

  it("has another domain once the chain has another id", async () => {
    const address = await bench.rollup.getAddress();
    const other = await createBench(4242);
    await other.networkHelpers.setCode(address, await bench.ethers.provider.getCode(address));
    const forked = await other.ethers.getContractAt("Rollup", address);
    expect(await forked.domain()).to.equal(domainOf(4242n, BigInt(address)));
    expect(await forked.domain()).to.not.equal(await bench.rollup.domain());
  });

  // The verifier of size 1 accepts exactly the expected proof and [c, y, alpha, z]: it stands for TypeScript's opinion.
  for (const transfers of [0, 1, 2, 15, 16, 17, 33, 40]) {
    it(`gives the verifier the point and value that TypeScript computes, with ${transfers} transfers`, async () => {
      await taken(await fullBatch(bench, SIZES[1], transfers));
    });
  }

  for (const [l1Operations, withdrawals, transfers] of [
    [0, 0, 0],
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
    [2, 0, 3],
    [3, 1, 0],
    [0, 1, 40],
  ] as const) {
    const rows = `${l1Operations} L1 operations, ${withdrawals} withdrawals and ${transfers} transfers in use`;
    it(`gives the verifier the value of the circuit's words, with ${rows}`, async () => {
      const full = await fullBatch(bench, SIZES[1], transfers);
      const [l1, out] = [full.l1Operations.slice(0, l1Operations), full.withdrawals.slice(0, withdrawals)];
      await taken({ ...full, l1Operations: l1, withdrawals: out });
    });
  }

  it("puts the same bytes at other places of the circuit by other counts", async () => {
    const { expecting, rollup } = bench;
    const full = await fullBatch(bench, SIZES[1], 4);
    const batch = { ...full, l1Operations: [], withdrawals: [] };
    const shifted = flipped(encodeWords(SIZES[1], batch), "numbers", (1n << 16n) ^ 4n);
    expect(shifted).to.have.lengthOf(encodeWords(SIZES[1], batch).length);
    const alpha = challengeOf(digestOf(COMMITMENT, BigInt(BENEFICIARY), shifted));
    const asTransfers = evaluateWords(wordsOf(SIZES[1], batch).with(3, readWords(SIZES[1], shifted)[3]!), alpha);
    await expecting.expect([...PROOF] as Proof, [COMMITMENT, asTransfers, alpha, 0n]);
    const call = () => submit(bench, batch, { size: 1, words: shifted });
    await expect(call()).to.be.revertedWithCustomError(rollup, "InvalidProof");
    await expecting.expect([...PROOF] as Proof, [
      COMMITMENT,
      evaluateWords(readWords(SIZES[1], shifted), alpha),
      alpha,
      0n,
    ]);
    // As a withdrawal, the transfers' bits have no meaning.
    await expect(call()).to.be.revertedWithCustomError(rollup, "MalformedWord");
  });

  it("rejects a proof that the verifier rejects", async () => {
    const { expecting, rollup } = bench;
    const batch = await nextBatch(bench);
    const [c, y, alpha, z] = publicSignals(SIZES[1], batch);
    const refused = () =>
      expect(submit(bench, batch, { size: 1 })).to.be.revertedWithCustomError(rollup, "InvalidProof");
    await refused();
    await expecting.expect([...PROOF].reverse() as Proof, [c, y, alpha, z]);
    await refused();
    await expecting.expect([...PROOF] as Proof, [c, alpha, y, z]);
    await refused();
    await expecting.expect([...PROOF] as Proof, [c, y, alpha, z + 1n]);
    await refused();
    await expecting.expect([...PROOF] as Proof, [c, y, alpha, z]);
    await submit(bench, batch, { size: 1 });
  });

  it("rejects a proof that was copied for another beneficiary, and takes it for its own", async () => {
    const { expecting, rollup, mallory, ethers } = bench;
    const batch = await nextBatch(bench);
    await expecting.expect([...PROOF] as Proof, publicSignals(SIZES[1], batch));
    for (const beneficiary of [mallory.address, ethers.ZeroAddress, await rollup.getAddress()]) {
      const stolen = submit(bench, batch, { size: 1, beneficiary });
      await expect(stolen).to.be.revertedWithCustomError(rollup, "InvalidProof");
    }
    // Whoever sends it: the beneficiary need not be the sender.
    await expect(submit(bench, batch, { size: 1 }))
      .to.emit(rollup, "BatchSubmitted")
      .withArgs(1, BENEFICIARY, batch.newRoot, 1, 0);
  });

  it("binds every byte and the length of the words, c and the beneficiary", async () => {
    const batch = await fullBatch(bench, SIZES[1], 3);
    const bytes = encodeWords(SIZES[1], batch);
    const beneficiary = BigInt(BENEFICIARY);
    const points = new Set([
      ...[
        challengeOf(digestOf(COMMITMENT, beneficiary, bytes)),
        challengeOf(digestOf(COMMITMENT + 1n, beneficiary, bytes)),
      ],
      challengeOf(digestOf(COMMITMENT, beneficiary, Uint8Array.of(...bytes, 0))),
    ]);
    for (let place = 0; place < bytes.length; place++) {
      points.add(challengeOf(digestOf(COMMITMENT, beneficiary, bytes.with(place, bytes[place]! ^ 1))));
    }
    for (let bit = 0n; bit < 160n; bit++)
      points.add(challengeOf(digestOf(COMMITMENT, beneficiary ^ (1n << bit), bytes)));
    expect(points.size).to.equal(3 + bytes.length + 160);
  });

  it("chains the digests of the batches", async () => {
    const { rollup, ethers } = bench;
    let chain = ethers.ZeroHash;
    for (let batches = 0; batches < 2; batches++) {
      const batch = await nextBatch(bench);
      const bytes = encodeWords(SIZES[0], batch);
      const digest = ethers.solidityPackedKeccak256(
        ["uint256", "address", "uint256", "bytes"],
        [COMMITMENT, BENEFICIARY, bytes.length, bytes],
      );
      chain = ethers.solidityPackedKeccak256(["bytes32", "bytes32"], [chain, digest]);
      await submit(bench, batch);
      expect(await rollup.batchChain()).to.equal(chain);
    }
  });

  /** Submits to the size whose verifier knows the public signals that TypeScript computes. */
  async function taken(batch: PublishedBatch): Promise<void> {
    const { expecting, rollup } = bench;
    const refundAddresses = await enqueue(bench, batch.l1Operations);
    await expecting.expect([...PROOF] as Proof, publicSignals(SIZES[1], batch));
    await submit(bench, batch, { size: 1, refundAddresses });
    expect(await rollup.stateRoot()).to.equal(FIELD_ORDER - 3n);
  }

  it("evaluates words as a polynomial, lowest power first", async () => {
    const batch = await fullBatch(bench, SIZES[0], 3);
    const words = wordsOf(SIZES[0], batch);
    const alpha = 0x1234_5678_9abcn;
    const value = words.reduce((sum, word, k) => (sum + word * alpha ** BigInt(k)) % FIELD_ORDER, 0n);
    expect(evaluateWords(words, alpha)).to.equal(value);
  });
});
