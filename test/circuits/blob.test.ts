import { expect } from "chai";
import { blobInput, evaluateBlob, evaluationWords } from "../../protocol/blob.ts";
import { evaluateWords } from "../../protocol/challenge.ts";
import { BLOB_ORDER, EVALUATION_WORDS, FIELD_ORDER } from "../../protocol/constants.ts";
import { Fr } from "../../protocol/field.ts";
import { wordsOf } from "../../protocol/words.ts";
import { splitWord } from "../support/circuits/blob-reductions.ts";
import { loadTemplate, type CircuitInput, type TestCircuit } from "../support/circuits/circuit.ts";
import { batchOn } from "../support/circuits/forged-batch.ts";
import { CIRCUIT, request, SIZE, state } from "../support/circuits/forged-scenario.ts";
import { brokenGuards, expectForgery, signalsOf } from "../support/circuits/guards.ts";
import { attack } from "../support/circuits/isolation.ts";
import { jacobianKernel } from "../support/circuits/jacobian.ts";
import { evaluationOfWords } from "../support/circuits/targets.ts";
import { seeded, sliceOf } from "../support/random.ts";

const random = seeded("circuits/blob");
const anyWord = (): bigint => random.below(2n ** 248n);
const anyPoint = (): bigint => random.below(2n ** 250n);
const inputOf = (words: readonly bigint[], z: bigint): CircuitInput => {
  const { blobQuotient: quotient, blobRemainder: remainder } = blobInput(words, z);
  return { z, word: words.map(splitWord), quotient, remainder };
};
/** The limbs of 92, 32, 60 and 71 bits of the value. */
const valueOf = (circuit: TestCircuit, witness: readonly bigint[]): bigint => {
  const limb = (i: number): bigint => circuit.get(witness, `value[${i}]`);
  return limb(0) + limb(1) * 2n ** 92n + limb(2) * 2n ** 124n + limb(3) * 2n ** 184n;
};

/** By the definition, not by Horner's rule. */
const power = (z: bigint, exponent: number): bigint =>
  exponent === 0 ? 1n : (z * power(z, exponent - 1)) % BLOB_ORDER;
const definition = (words: readonly bigint[], z: bigint): bigint =>
  words.reduce((sum, word, k) => sum + word * power(z, k), 0n) % BLOB_ORDER;

describe("circuits: BlobEvaluation", () => {
  const loaded: Record<number, TestCircuit> = {};
  const circuitOf = async (words: number): Promise<TestCircuit> =>
    (loaded[words] ??= await loadTemplate({
      ...{ include: "blob.circom", template: `BlobEvaluation(${words})`, public: ["z"] },
    }));

  for (const count of [2, 8, ...sliceOf([1, 3, 13], 1)]) {
    it(`of ${count} words is the polynomial's value: anywhere, at the ends of all ranges, and where words are 0`, async () => {
      const circuit = await circuitOf(count);
      const cases: (readonly [readonly bigint[], bigint])[] = [
        [Array.from({ length: count }, anyWord), anyPoint()],
        [Array.from({ length: count }, () => 2n ** 248n - 1n), 2n ** 250n - 1n],
        [Array.from({ length: count }, anyWord), 0n],
        [Array.from({ length: count }, () => 0n), anyPoint()],
        [Array.from({ length: count }, (_, k) => (k === 0 ? anyWord() : 0n)), anyPoint()],
        [Array.from({ length: count }, (_, k) => (k === count - 1 ? 1n : 0n)), 1n],
      ];
      for (const [words, z] of cases) {
        const witness = await circuit.witness(inputOf(words, z));
        expect(circuit.violated(witness)).to.be.empty;
        expect(valueOf(circuit, witness)).to.equal(definition(words, z));
        expect(evaluateBlob(words, z)).to.equal(definition(words, z));
      }
    });
  }

  it("cuts its value into the three words that are published", () => {
    const value = BLOB_ORDER - 1n;
    const words = evaluationWords(value);
    expect(words).to.have.lengthOf(EVALUATION_WORDS);
    expect(words[0]! + words[1]! * 2n ** 92n + words[2]! * 2n ** 184n).to.equal(value);
    for (const [k, bits] of [92n, 92n, 71n].entries()) expect(words[k]! < 2n ** bits).to.equal(true);
  });

  it("leaves no wire to the prover: given z and the words, all that he gives is determined", async () => {
    for (const count of [2, 8]) {
      const circuit = await circuitOf(count);
      const witness = await circuit.witness(inputOf(Array.from({ length: count }, anyWord), anyPoint()));
      expect(jacobianKernel(circuit, witness, ["z", "word"]).dimension).to.equal(0);
    }
  });

  // Of two words, in one step: w1 z + w0 = quotient * p + value. What the prover gives may be another sum.
  describe("guards", () => {
    const z = anyPoint();
    // About one in ten values is so small that p more has 255 bits as well.
    const isSmall = (value: bigint): boolean =>
      value + BLOB_ORDER < 2n ** 255n && value % 2n ** 184n < BLOB_ORDER % 2n ** 184n;
    let words: bigint[];
    do words = [anyWord(), anyWord()];
    while (!isSmall(evaluateBlob(words, z)));
    const sum = words[0]! + words[1]! * z;
    const valueLimbs = (value: bigint): bigint[] => [
      value % 2n ** 92n,
      (value >> 92n) % 2n ** 32n,
      (value >> 124n) % 2n ** 60n,
      value >> 184n,
    ];
    const forgedInput = (quotient: bigint, value: bigint): CircuitInput => ({
      ...{ z, word: words.map(splitWord) },
      ...{ quotient: [splitWord(quotient)], remainder: [valueLimbs(value)] },
    });
    /** Another value, by a quotient and a remainder of a sum that differs by so much. */
    const offBy = (error: bigint): CircuitInput => forgedInput((sum + error) / BLOB_ORDER, (sum + error) % BLOB_ORDER);
    let circuit: TestCircuit;
    before(async () => (circuit = await circuitOf(2)));

    it("takes the honest one", async () => {
      expect(circuit.violated(await circuit.witness(offBy(0n)))).to.be.empty;
    });
    it("modulo r: the sum is not 2^260 more", async () => {
      const forged = await expectForgery(circuit, offBy(2n ** 260n), [
        "group[0].product[0].whole, group[0].restHigh, group[0].restLow, quotient[0][0], quotient[0][1], quotient[0][2], quotient[0][3]",
      ]);
      expect(valueOf(circuit, forged)).not.to.equal(evaluateBlob(words, z));
    });
    it("modulo 2^124: the sum is not r more", async () => {
      await expectForgery(circuit, offBy(FIELD_ORDER), ["group[0].lowCarry.bit[*], group[0].lowCarry.in"]);
    });
    it("modulo 2^136 above: the sum is not 2^124 r more", async () => {
      const guard = "group[0].highCarry.bit[*], group[0].highCarry.in";
      await expectForgery(circuit, offBy(2n ** 124n * FIELD_ORDER), [guard]);
    });
    it("below p: the value is not p more, with a quotient less", async () => {
      const more = forgedInput(sum / BLOB_ORDER - 1n, evaluateBlob(words, z) + BLOB_ORDER);
      const broken = brokenGuards(circuit, await circuit.forge(more));
      expect(broken).to.have.lengthOf(1);
      expect(broken[0]).to.match(/^(low|high)Difference.bit/);
    });
  });

  // Of more words than two, isolation.test.ts does it.
  it("has no constraint that some forged witness does not violate alone, and every forgery violates one", async () => {
    const circuit = await circuitOf(2);
    const { accepted, isolated } = await attack(evaluationOfWords(2), circuit, new Set());
    expect(accepted).to.be.empty;
    const missed = [...circuit.constraints.keys()].filter((constraint) => !isolated.has(constraint));
    expect(missed.map((constraint) => signalsOf(circuit, constraint))).to.be.empty;
  });
});

describe("circuits: a batch whose transfers are in a blob", () => {
  const { input, published } = batchOn(state, SIZE, request);
  const words = wordsOf(SIZE, published);
  const transfers = words.slice(-SIZE.transfers / 2);
  const z = anyPoint();
  const inBlob = { ...input, z, blob: 1n, ...blobInput(transfers, z) } as CircuitInput;
  const alpha = input["alpha"] as bigint;
  let circuit: TestCircuit;
  let witness: readonly bigint[];
  before(async () => {
    circuit = await loadTemplate(CIRCUIT);
    witness = await circuit.witness(inBlob);
  });

  it("publishes the polynomial's value in place of the transfers' words, and says so", async () => {
    expect(circuit.violated(witness)).to.be.empty;
    const shown = [
      ...words.slice(0, 3),
      words[3]! + 2n ** 168n,
      ...words.slice(4, -EVALUATION_WORDS - transfers.length),
      ...evaluationWords(evaluateBlob(transfers, z)),
    ];
    expect(circuit.get(witness, "y")).to.equal(evaluateWords(shown, alpha));
    expect(circuit.get(witness, "c")).not.to.equal(circuit.get(await circuit.witness(input), "c"));
  });
  it("has one c whatever the point is, which comes after it", async () => {
    const point = anyPoint();
    const other = await circuit.witness({ ...inBlob, z: point, ...blobInput(transfers, point) });
    expect(circuit.violated(other)).to.be.empty;
    expect(circuit.get(other, "c")).to.equal(circuit.get(witness, "c"));
    expect(circuit.get(other, "y")).not.to.equal(circuit.get(witness, "y"));
  });
  it("publishes no evaluation in calldata, at any point, and the words themselves at none", async () => {
    const plain = await circuit.witness({ ...input, z, ...blobInput(transfers, z) });
    expect(circuit.violated(plain)).to.be.empty;
    expect(circuit.get(plain, "y")).to.equal(evaluateWords(words, alpha));
  });
  it("is in one or in the other: the bit is a bit, or a share of both would be published", async () => {
    await expectForgery(circuit, { ...inBlob, blob: 2n }, ["blob"]);
    await expectForgery(circuit, { ...inBlob, blob: Fr.inv(2n) }, ["blob"]);
  });
});
