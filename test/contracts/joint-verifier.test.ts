import { bn254 } from "@noble/curves/bn254.js";
import { expect } from "chai";
import type { Signer } from "ethers";
import { network } from "hardhat";
import type { VerificationKey } from "snarkjs";
import { FIELD_ORDER } from "../../protocol/constants.ts";
import { Fr } from "../../protocol/field.ts";
import { jointVerifier, jointVerifierName } from "../../prover/artifacts/joint-verifier.ts";
import { MOST_GAS } from "../../l1/gas-limit.ts";
import { endCurveWorkers } from "../../prover/backends/curve-workers.ts";
import { BASE_FIELD_ORDER } from "../../prover/setup/orders.ts";
import { forgeProof, inputsOf, pointOf } from "../support/chain/forge.ts";
import {
  circuitsOf,
  coefficient,
  deployJoint,
  deploySingles,
  jointSetup,
  outsideSubgroup,
  plusG1,
  plusG2,
  replaced,
  seedOf,
  seedWithout,
  TRAPDOORS,
  withB,
  withoutPart,
  type JointContract,
  type JointSetup,
  type Part,
  type Statement,
} from "../support/chain/joint-setup.ts";
import { expectCode } from "../support/errors.ts";
import { LONG, seeded } from "../support/random.ts";

const G1 = bn254.G1.Point;
const G2 = bn254.G2.Point;
/** A point that no test's points have to do with. */
const T = G1.BASE.multiply(0x7_0f0f_0f0fn);

describe("joint verifier", function () {
  this.timeout("3m");
  let setup: JointSetup;
  let keys: readonly VerificationKey[];
  let signer: Signer;
  let joint: JointContract;
  /** Real proofs: two of each key, and more of key 0. */
  let first: Statement, second: Statement, third: Statement;

  before(async () => {
    setup = await jointSetup(3);
    ({ keys } = setup);
    const { ethers } = await network.create();
    signer = (await ethers.getSigners())[0]!;
    joint = await deployJoint(signer, keys);
    [first, second, third] = setup.real[0] as [Statement, Statement, Statement];
  });
  after(async () => {
    await setup.close();
    await endCurveWorkers();
  });

  describe("forgeries that its checks stand against", () => {
    /** The contract refuses; without its guard it accepts. */
    async function expectForgery(
      statements: readonly Statement[],
      change: (source: string) => string,
      of: readonly VerificationKey[] = keys,
    ): Promise<void> {
      const whole = of === keys ? joint : await deployJoint(signer, of);
      expect(await whole.verifyProofs(statements), "by the contract").to.equal(false);
      expect(await (await deployJoint(signer, of, change)).verifyProofs(statements), "without the guard").to.equal(
        true,
      );
    }

    const COEFFICIENT = "uint256(keccak256(abi.encode(seed, i))) % R";
    const fixedAt = (place: string) => (source: string) =>
      replaced(source, COEFFICIENT, `i == ${place} ? 1 : ${COEFFICIENT}`);

    it("two errors of A that cancel under equal B, if any later coefficient is 1 too", async () => {
      const pair = [plusG1(first, "a", T), plusG1(first, "a", T.negate())] as const;
      await expectForgery(pair, fixedAt("1"));
      await expectForgery([pair[0], second, pair[1]], fixedAt("2"));
      await expectForgery([pair[0], second, setup.real[2]![0]!, pair[1]], fixedAt("3"));
    });

    it("two that cancel behind the first, if coefficients are equal", async () => {
      const statements = [second, plusG1(first, "a", T), plusG1(first, "a", T.negate())];
      await expectForgery(statements, (source) => replaced(source, "abi.encode(seed, i)", "abi.encode(seed)"));
    });

    it("two whose coefficients are few, so that one can be guessed", async () => {
      const guess = 7n;
      const few = "uint256(keccak256(abi.encode(seed, i))) % 16";
      for (let tries = 1n; ; tries++) {
        const point = T.multiply(tries);
        const statements = [plusG1(first, "a", point.multiply(guess)), plusG1(first, "a", point.negate())];
        if (coefficient(seedOf(joint, statements), 1, 16n) !== guess) continue;
        await expectForgery(statements, (source) => replaced(source, COEFFICIENT, few));
        return;
      }
    });

    it("proofs, signals and keys that change places, if all coefficients are 1", async () => {
      const mutant = fixedAt("i");
      const [c, signals] = [
        [first, second].map((one, i) => ({
          ...one,
          proof: [...one.proof.slice(0, 6), ...[second, first][i]!.proof.slice(6)],
        })),
        [first, second].map((one, i) => ({ ...one, publicSignals: [second, first][i]!.publicSignals })),
      ];
      await expectForgery(c, mutant);
      await expectForgery(signals, mutant);
    });

    describe("what is chosen after the coefficients, if the seed leaves it out", () => {
      /** Coefficient of the second of two statements, by the seed without a part. */
      const later = (part: Part, statements: readonly Statement[]) => coefficient(seedWithout(part, statements), 1);

      it("A", async () => {
        const r = later("a", [first, first]);
        await expectForgery([plusG1(first, "a", T.multiply(r)), plusG1(first, "a", T.negate())], withoutPart("a"));
      });

      it("B", async () => {
        const r = later("b", [first, first]);
        const [one, other] = [G2.BASE.multiply(r), G2.BASE.negate()];
        await expectForgery([plusG2(first, one), plusG2(first, other)], withoutPart("b"));
      });

      it("C", async () => {
        const r = later("c", [first, second]);
        await expectForgery([plusG1(first, "c", T.multiply(r)), plusG1(second, "c", T.negate())], withoutPart("c"));
      });

      it("a public signal, whichever", async () => {
        for (const m of first.publicSignals.keys()) {
          const r = later("publicSignals", [first, second]);
          const moved = (statement: Statement, by: bigint): Statement => {
            const signal = Fr.add(statement.publicSignals[m]!, by);
            return { ...statement, publicSignals: statement.publicSignals.with(m, signal) };
          };
          const statements = [moved(first, r), moved(second, Fr.neg(1n))];
          if (m === 0 || LONG) await expectForgery(statements, withoutPart("publicSignals"));
          else expect(await joint.verifyProofs(statements)).to.equal(false);
        }
      });

      // Ids are few, and an error that fits has to be found among them: here, a key is made that fits.
      it("the id of a key", async () => {
        const wrong = { ...first, publicSignals: first.publicSignals.with(0, Fr.add(first.publicSignals[0]!, 1n)) };
        const statements = [wrong, { ...second, key: 1 }];
        const r = later("key", statements);
        const [constant, factor] = keys[0]!.IC.map(pointOf);
        const { x, y } = constant!.subtract(factor!.multiply(Fr.inv(r))).toAffine();
        const IC = keys[0]!.IC.with(0, [String(x), String(y), "1"]);
        await expectForgery(statements, withoutPart("key"), [keys[0]!, { ...keys[0]!, IC }]);
      });
    });

    it("a public signal plus the field's order", async () => {
      for (const [place, one] of [first, second].entries()) {
        for (const m of one.publicSignals.keys()) {
          const alias = { ...one, publicSignals: one.publicSignals.with(m, one.publicSignals[m]! + FIELD_ORDER) };
          const statements = [first, second].with(place, alias);
          expect(await joint.verifyProofs(statements)).to.equal(false);
          if (place === 0 || m > 0) continue;
          await expectForgery(statements, (source) => source.replaceAll("if (signal >= R) return false;", ""));
        }
      }
    });

    it("a point that is not on the curve, which would then count for nothing", async () => {
      const [key, { alpha, beta, delta }] = [keys[0]!, TRAPDOORS[0]!];
      const { publicSignals } = third;
      const off = [1n, 1n];
      const A = inputsOf(key, publicSignals)
        .add(G1.BASE.multiply(Fr.mul(alpha, beta)))
        .toAffine();
      const withoutC = { ...third, proof: [...withB([A.x, A.y, 0n, 0n, 0n, 0n, ...off], G2.BASE)] };
      await expectForgery([first, withoutC], (source) =>
        ignoring(source, "_addMultiple(sums.c, proof[6], proof[7], r)"),
      );
      const [a, b] = [5n, 7n];
      const forged = { ...third, proof: forgeProof(key, TRAPDOORS[0]!, publicSignals, [a, b]) };
      const { proof } = plusG1(forged, "c", G1.BASE.multiply(Fr.neg(Fr.div(a * b, delta))));
      const withoutA = { ...third, proof: [...off, ...proof.slice(2)] };
      await expectForgery([first, withoutA], (source) => ignoring(source, "_multiply(a, proof[0], proof[1], R - r)"));
    });

    /** And the precompile gets no more gas than it needs, or there would be none for what follows. */
    const ignoring = (source: string, call: string): string =>
      replaced(source, `if (!${call}) return false;`, `${call};`).replaceAll(
        "staticcall(gas(), 7,",
        "staticcall(6000, 7,",
      );

    it("nothing at all", async () => {
      await expectForgery([], (source) => replaced(source, "if (count == 0) return false;", ""));
    });
  });

  it("takes real proofs, of one key and of several, in any order", async () => {
    const [ofKey0, ofKey1, ofKey2] = setup.real as [Statement[], Statement[], Statement[]];
    const all = setup.real.flat();
    for (const statements of [
      [first],
      ofKey0,
      [ofKey1[0]!, ofKey0[0]!],
      [ofKey2[0]!, ofKey2[1]!],
      [ofKey2[0]!, ofKey0[0]!],
      all,
      all.toReversed(),
      [first, first],
    ]) {
      expect(await joint.verifyProofs(statements), statements.map(({ key }) => key).join()).to.equal(true);
    }
  });

  it("does not, where a sum or a pair is left out of the product, or is another one", async () => {
    const statements = [first, setup.real[1]![0]!, second, setup.real[2]![0]!];
    for (const [from, to] of [
      [
        "sums.coefficients = addmod(sums.coefficients, r, R)",
        "sums.coefficients = addmod(sums.coefficients, r + 1, R)",
      ],
      [
        "sums.coefficients = addmod(sums.coefficients, r, R)",
        "if (i > 0) sums.coefficients = addmod(sums.coefficients, r, R)",
      ],
      ["mulmod(r, signal, R)", "signal"],
      ["addmod(sums[0].coefficients, sums[1].coefficients, R)", "sums[0].coefficients"],
      ["if ((used >> 1) & 1 == 1) next =", "if (false) next ="],
      ["R - r", "r"],
    ] as const) {
      const mutant = await deployJoint(signer, keys, (source) => source.replace(from, to));
      expect(await mutant.verifyProofs(statements), `${from} → ${to}`).to.equal(false);
    }
  });

  it("takes no proof whose parts, signals or key are another's, wherever it stands", async () => {
    const statements = [first, setup.real[1]![0]!, second, setup.real[2]![0]!];
    expect(await joint.verifyProofs(statements)).to.equal(true);
    for (const [place, one] of statements.entries()) {
      const refused = async (other: Statement, what: string): Promise<void> => {
        const answer = await joint.verifyProofs(statements.with(place, other));
        expect(answer, `${what} of proof ${place}`).to.equal(false);
      };
      for (const [word] of one.proof.entries()) {
        // An alias, a point off the curve, zero.
        for (const value of [one.proof[word]! + BASE_FIELD_ORDER, one.proof[word]! ^ 1n, 0n]) {
          await refused({ ...one, proof: one.proof.with(word, value) }, `word ${word} = ${value}`);
        }
      }
      for (const part of ["a", "c"] as const) await refused(plusG1(one, part, T), part);
      await refused(plusG2(one, G2.BASE), "B");
      await refused({ ...one, proof: withB(one.proof, outsideSubgroup()) }, "B outside of the subgroup");
      for (const [m, signal] of one.publicSignals.entries()) {
        await refused({ ...one, publicSignals: one.publicSignals.with(m, Fr.add(signal, 1n)) }, `signal ${m}`);
      }
      for (const key of [0, 1, 2, 3, 255]) if (key !== one.key) await refused({ ...one, key }, `key ${key}`);
      await refused({ ...one, key: one.key + 256 }, "key + 256");
    }
  });

  it("takes points at infinity as snarkjs' verifier does: a proof of them shows nothing", async () => {
    const nothing = { ...second, proof: Array.from({ length: 8 }, () => 0n) };
    expect(await joint.verifyProofs([nothing])).to.equal(false);
    expect(await joint.verifyProofs([first, nothing])).to.equal(false);
  });

  it("answers as one call for each proof does, of any mix of proofs, wrong ones among them", async () => {
    const random = seeded("joint verifier");
    const pick = <T>(from: readonly T[]): T => from[Number(random.below(BigInt(from.length)))]!;
    const singles = await deploySingles(signer, setup);
    const real = setup.real.flat();
    const spoil = (one: Statement): Statement =>
      pick([
        () => ({ ...one, publicSignals: one.publicSignals.with(Number(random.below(3n)), random.field()) }),
        () => ({ ...one, proof: [...one.proof.slice(0, 6), ...pick(real).proof.slice(6)] }),
        () => ({ ...one, proof: [...pick(real).proof.slice(0, 2), ...one.proof.slice(2)] }),
        () => ({ ...one, key: pick([0, 1, 2]) }),
        () => plusG1(one, pick(["a", "c"]), T),
      ])();
    let [taken, refused] = [0, 0];
    for (let run = 0; run < (LONG ? 400 : 12); run++) {
      const wrong = random.below(2n) === 0n;
      const statements = Array.from({ length: 1 + Number(random.below(5n)) }, () => {
        const one = pick(real);
        return wrong && random.below(2n) === 0n ? spoil(one) : one;
      });
      const answers = [];
      for (const one of statements) answers.push(await singles(one));
      const expected = answers.every((answer) => answer);
      expect(await joint.verifyProofs(statements), `run ${run}`).to.equal(expected);
      if (expected) taken++;
      else refused++;
    }
    expect(Math.min(taken, refused)).to.be.above(2);
  });

  it("says no within EIP-7825's cap where a precompile has failed and taken all the gas but a 64th", async () => {
    const statements = Array.from({ length: 32 }, () => first).with(1, { ...first, proof: first.proof.with(0, 1n) });
    expect(await joint.verifyProofs(statements, { gasLimit: MOST_GAS })).to.equal(false);
  });

  it("pairs alpha and beta once for all keys that share them, by the keys themselves", () => {
    const source = (...ids: number[]): string => jointVerifier("Joint", circuitsOf(ids.map((id) => keys[id]!)));
    const pairs = (text: string): number => text.match(/_put\(pairs, next, point/g)!.length;
    expect(pairs(source(0, 1))).to.equal(1);
    expect(pairs(source(0, 1, 2))).to.equal(2);
    expect(pairs(source(2, 0, 1, 2))).to.equal(2);
  });

  it("says whose keys it has, and that anybody can forge proofs by one that was made for development", async () => {
    for (const [id, { key }] of circuitsOf(keys).entries()) expect(await joint.keyHash(id)).to.equal(`0x${key.hash}`);
    expect(await joint.SETUP()).to.match(/^INSECURE/);
    const production = circuitsOf(keys).map(({ name, key }) => ({
      name,
      key: { ...key, setup: "production" as const },
    }));
    expect(jointVerifierName(production)).to.equal("VerifierJointCircuit0Circuit1Circuit2");
    expect(jointVerifierName([...production.slice(1), circuitsOf(keys)[0]!])).to.match(/^DevelopmentVerifierJoint/);
  });

  it("is not made of keys that differ in gamma, or in the number of public signals", async () => {
    const [one, other] = keys as [VerificationKey, VerificationKey];
    for (const changed of [{ nPublic: other.nPublic + 1 }, { vk_gamma_2: other.vk_delta_2 }]) {
      await expectCode("KEY_MALFORMED", () => jointVerifier("Joint", circuitsOf([one, { ...other, ...changed }])));
    }
  });
});
