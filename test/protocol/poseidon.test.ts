import { expect } from "chai";
import { buildPoseidonReference } from "circomlibjs";
import { FIELD_ORDER } from "../../protocol/constants.ts";
import { poseidon } from "../../protocol/poseidon.ts";
import { nodeOf, poseidonSponge } from "../../protocol/wide-poseidon.ts";
import { seeded } from "../support/random.ts";

describe("protocol: Poseidon", () => {
  const random = seeded("protocol/poseidon");
  const fields = (count: number): bigint[] => Array.from({ length: count }, random.field);
  let reference: (inputs: readonly bigint[], state?: bigint) => bigint;

  before(async () => {
    const textbook = await buildPoseidonReference();
    reference = (inputs, state = 0n) => textbook.F.toObject(textbook(inputs, state));
  });

  it("has the values that circomlib publishes", () => {
    expect(poseidon([1n, 2n])).to.equal(7853200120776062878684798364095072458815029376092732009249414926327459813530n);
    expect(poseidonSponge(Array.from({ length: 16 }, (_, i) => BigInt(i + 1)))).to.equal(
      9989051620750914585850546081941653841776809718687451684622678807385399211877n,
    );
  });

  const hashes = [1, 2, 4, 5].map((n) => [n, poseidon] as const);
  for (const [n, hash] of [...hashes, [8, nodeOf] as const, [16, poseidonSponge] as const]) {
    it(`has circomlibjs' values for ${n} inputs`, () => {
      const edges = [0n, FIELD_ORDER - 1n].map((value) => new Array<bigint>(n).fill(value));
      for (const inputs of [...edges, fields(n)]) expect(hash(inputs)).to.equal(reference(inputs));
    });
  }

  it("takes any number for its residue", () => {
    for (const value of [-1n, FIELD_ORDER, FIELD_ORDER + 7n, 2n ** 256n + 3n]) {
      expect(poseidon([value, 1n])).to.equal(reference([((value % FIELD_ORDER) + FIELD_ORDER) % FIELD_ORDER, 1n]));
    }
  });

  it("has no other numbers of inputs", () => {
    for (const n of [0, 3, 6, 8, 16, 17]) expect(() => poseidon(fields(n)), `${n}`).to.throw(RangeError);
    for (const n of [0, 7, 9, 16]) expect(() => nodeOf(fields(n)), `${n}`).to.throw(RangeError);
  });

  it("chains blocks of 16 behind the value before, the last one padded with zeros", () => {
    const [first, second, third] = [fields(16), fields(16), fields(5)];
    const zeros = new Array<bigint>(11).fill(0n);
    const chained = reference([...third, ...zeros], reference(second, reference(first)));
    expect(poseidonSponge([...first, ...second, ...third])).to.equal(chained);
    expect(poseidonSponge([...first, ...second, ...third, ...zeros])).to.equal(chained);
    expect(poseidonSponge([...second, ...first, ...third])).not.to.equal(chained);
  });
});
