import { expect } from "chai";
import { keccak256, solidityPacked, solidityPackedKeccak256, toBeHex } from "ethers";
import { buildBatch, placedAt, type Batch } from "../../protocol/batch.ts";
import { evaluateBlob } from "../../protocol/blob.ts";
import { blobPointOf, challengeOf, digestOf, evaluateWords, sealOf } from "../../protocol/challenge.ts";
import { BLOB_ORDER, FIELD_ORDER } from "../../protocol/constants.ts";
import { decodeWords } from "../../protocol/decode.ts";
import { replayBatch } from "../../protocol/replay.ts";
import { readNumbers, transferWordsOf, wordsOf } from "../../protocol/words.ts";
import { expectCode } from "../support/errors.ts";
import { ROOMY, SmallRollup } from "../support/protocol/small-rollup.ts";

const HOLDINGS = { alice: { index: 1, balance: 1000n }, bob: { index: 2, balance: 200n }, operator: { index: 6 } };
const transfers = [
  { from: "alice", to: "bob", amount: 110n, fee: 2n },
  { from: "bob", to: "alice", amount: 30n, fee: 3n },
  { from: "alice", to: "bob", amount: 1n },
];
const WISH = { feeAccount: "operator", withdrawals: [{ from: "bob", amount: 8n, fee: 1n }], transfers };
const Z = 2n ** 250n - 12_345n;

describe("protocol: a batch whose transfers are in a blob", () => {
  const rollup = (): SmallRollup => new SmallRollup(HOLDINGS);
  const built = (inBlob: boolean): Batch => {
    const { state, ...small } = { state: rollup().state, request: rollup().request(WISH) };
    return buildBatch(state, ROOMY, { ...small.request, inBlob });
  };
  const [plain, batch] = [built(false), built(true)];
  const blobWords = transferWordsOf(batch.published);

  it("leaves their words out of the calldata, and says so in its numbers", () => {
    expect(readNumbers(plain.words)).to.deep.equal({ ...readNumbers(batch.words), blob: 0 });
    expect(readNumbers(batch.words)).to.include({ blob: 1, transfers: 3, withdrawals: 1 });
    expect(blobWords).to.have.lengthOf(2);
    const words = blobWords.map((word) => toBeHex(word, 31).slice(2)).join("");
    expect(Buffer.from(plain.words.subarray(batch.words.length)).toString("hex")).to.equal(words);
    expect(plain.published.newRoot).to.equal(batch.published.newRoot);
    expect(plain.publicSignals.c).not.to.equal(batch.publicSignals.c);
  });

  it("is replayed with them, and not without, with fewer, with more, or with one too wide", async () => {
    const node = rollup().state;
    const root = node.root;
    const refused = [[], blobWords.slice(1), [...blobWords, 0n], blobWords.with(0, 2n ** 248n), blobWords.with(1, 1n)];
    for (const words of refused) {
      await expectCode("WORDS_MALFORMED", () => replayBatch(node, ROOMY, batch.words, words));
    }
    await expectCode("WORDS_MALFORMED", () => replayBatch(node, ROOMY, plain.words, blobWords));
    await expectCode("ROOT_MISMATCH", () =>
      replayBatch(node, ROOMY, batch.words, blobWords.with(0, blobWords[0]! + 1n)),
    );
    expect(node.root).to.equal(root);
    expect(replayBatch(node, ROOMY, batch.words, blobWords)).to.deep.equal(batch.published);
    expect(node.root).to.equal(batch.published.newRoot);
    expect(decodeWords(ROOMY, plain.words)).not.to.have.property("inBlob");
  });

  it("has the evaluation's words in y, and not the transfers'", () => {
    const { alpha, y } = placedAt(batch, Z).publicSignals;
    const value = evaluateBlob(blobWords, Z);
    const words = wordsOf(ROOMY, batch.published, value);
    expect(evaluateWords(words, alpha)).to.equal(y);
    const [low, middle, high, ...rest] = words.slice(-3 - ROOMY.transfers / 2);
    expect(low! + (middle! << 92n) + (high! << 184n)).to.equal(value);
    expect(rest.every((word) => word === 0n)).to.equal(true);
    expect(wordsOf(ROOMY, plain.published, value)).to.deep.equal(wordsOf(ROOMY, plain.published));
  });

  it("has a challenge of what it says, the point and its value there, as the document writes it", () => {
    const { words, beneficiary, publicSignals } = batch;
    const address = toBeHex(beneficiary, 20);
    const types = ["uint256", "address", "uint256", "bytes"];
    const digest = solidityPackedKeccak256(types, [publicSignals.c, address, words.length, words]);
    const bytes = digestOf(publicSignals.c, beneficiary, words);
    expect(`0x${Buffer.from(bytes).toString("hex")}`).to.equal(digest);
    expect(challengeOf(bytes)).to.equal(BigInt(digest) % FIELD_ORDER);

    const versionedHash = `0x01${"ab".repeat(31)}`;
    const point = blobPointOf(Buffer.from(versionedHash.slice(2), "hex"), [bytes, bytes]);
    const hash = solidityPackedKeccak256(["bytes32", "bytes32", "bytes32"], [versionedHash, digest, digest]);
    expect(point).to.equal(BigInt(hash) >> 6n);
    const placed = placedAt(batch, point);
    const value = evaluateBlob(blobWords, point);
    const seal = keccak256(solidityPacked(["bytes32", "uint256", "uint256"], [digest, point, value]));
    expect(placed.publicSignals).to.include({ c: publicSignals.c, z: point, alpha: BigInt(seal) % FIELD_ORDER });
    expect(`0x${Buffer.from(sealOf(bytes, { z: point, value })).toString("hex")}`).to.equal(seal);
    expect(value < BLOB_ORDER).to.equal(true);
  });
});
