import { readFile } from "node:fs/promises";
import { bn254 } from "@noble/curves/bn254.js";
import { expect } from "chai";
import { buildBabyjub } from "circomlibjs";
import * as constants from "../../protocol/constants.ts";
import { nodesOfScattered } from "../../protocol/demand.ts";
import { BASE8 } from "../../protocol/signature.ts";
import { labelOf } from "../../protocol/tree.ts";

const { BATCH_SIZES, BITS, FIELD_ORDER, SUBGROUP_ORDER } = constants;

describe("protocol: constants", () => {
  it("has the orders of the curves' libraries", async () => {
    const babyJubjub = await buildBabyjub();
    expect(FIELD_ORDER).to.equal(bn254.fields.Fr.ORDER);
    expect(FIELD_ORDER).to.equal(babyJubjub.p);
    expect(SUBGROUP_ORDER).to.equal(babyJubjub.subOrder);
    expect(8n * SUBGROUP_ORDER).to.equal(babyJubjub.order);
  });

  it("has circomlib's base point", async () => {
    const { F, Base8 } = await buildBabyjub();
    expect([BASE8.x, BASE8.y]).to.deep.equal(Base8.map((coordinate) => F.toObject(coordinate)));
  });

  it("has a path bit for each index bit, and one more that stays 0", () => {
    expect(constants.TREE_ARITY).to.equal(8);
    expect(constants.TREE_LEVELS * constants.TREE_ARITY_BITS).to.equal(BITS.index + 1);
  });

  it("has labels for all nodes above segments, and for no segment", () => {
    expect(labelOf(constants.TREE_LEVELS, 0)).to.equal(0);
    const [first, last] = [0, 8 ** 7 - 1].map((position) => labelOf(constants.SEGMENT_LEVELS + 1, position));
    expect([first, last! + 1]).to.deep.equal([2 ** 21 - 1, 2 ** BITS.nodeLabel - 1]);
    expect(labelOf(constants.SEGMENT_LEVELS, 0)).to.equal(2 ** 24 - 1);
  });

  it("has an index bit for each path bit within a segment and each bit of a segment's number", () => {
    expect(constants.SEGMENT_LEVELS * constants.TREE_ARITY_BITS + BITS.segment).to.equal(BITS.index);
  });

  it("has a time for each access of a batch, and a slot for each withdrawal", () => {
    for (const { accounts, l1Operations, withdrawals } of BATCH_SIZES) {
      expect(1 + l1Operations + accounts).to.be.at.most(2 ** BITS.accessTime);
      expect(accounts).to.be.at.least(withdrawals);
    }
  });

  it("has room in each size for L1 operations of as many segments, so that nobody can hold up the queue", () => {
    for (const { l1Operations, segments, nodes } of BATCH_SIZES) {
      expect(segments).to.be.above(l1Operations);
      expect(nodes).to.be.at.least(nodesOfScattered(l1Operations));
    }
  });

  it("keeps sums of a batch's balances, amounts and fees far below the field's order", () => {
    const largest = (float: { mantissa: number; exponent: number }): bigint =>
      (2n ** BigInt(float.mantissa) - 1n) * 10n ** (2n ** BigInt(float.exponent) - 1n);
    const row = largest(constants.FLOATS.amount) + largest(constants.FLOATS.fee) + 2n ** BigInt(BITS.balance);
    expect(2n ** BigInt(BITS.count) * row < FIELD_ORDER / 2n ** 80n).to.be.true;
  });

  it("names each batch size once, the cheapest first, with room for an operation of every kind", () => {
    expect(new Set(BATCH_SIZES.map(({ name }) => name))).to.have.lengthOf(BATCH_SIZES.length);
    // About, in thousands of constraints: test/circuits/constraints.json has what the rows cost.
    const cost = ({ transfers, accounts, l1Operations, withdrawals, nodes }: constants.BatchSize): number =>
      2.9 * transfers + 3.3 * accounts + 3.5 * l1Operations + 3.1 * withdrawals + nodes;
    expect(BATCH_SIZES).to.deep.equal([...BATCH_SIZES].sort((a, b) => cost(a) - cost(b)));
    for (const { transfers, accounts, l1Operations, withdrawals } of BATCH_SIZES) {
      expect(transfers % 2).to.equal(0);
      expect(Math.min(transfers, accounts, l1Operations, withdrawals)).to.be.at.least(1);
      expect(Math.max(transfers, accounts, l1Operations, withdrawals)).to.be.below(2 ** BITS.count);
    }
  });

  it("has the contracts' times", async () => {
    const seconds = async (file: string, name: string): Promise<number> => {
      const text = await readFile(new URL(`../../contracts/${file}.sol`, import.meta.url), "utf8");
      const [, count, unit] = new RegExp(`constant ${name} = (\\d+) (days|hours|minutes);`).exec(text)!;
      return Number(count) * { days: 86_400, hours: 3_600, minutes: 60 }[unit as "days"];
    };
    const queue = (name: string): Promise<number> => seconds("libraries/L1Queue", name);
    expect({
      ...{ base: await queue("DEADLINE_BASE"), step: await queue("DEADLINE_STEP") },
      ...{ limit: await queue("DEADLINE_LIMIT"), grace: await queue("OPEN_SUBMISSION_GRACE") },
    }).to.deep.equal(constants.DEADLINES);
    expect(await seconds("Rollup", "TIMESTAMP_WINDOW")).to.equal(constants.TIMESTAMP_WINDOW);
  });
});
