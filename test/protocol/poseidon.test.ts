import { expect } from "chai";
import { buildPoseidonReference } from "circomlibjs";
import { FIELD_ORDER } from "../../protocol/constants.ts";
import { poseidon, poseidonSponge } from "../../protocol/poseidon.ts";
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
    expect(poseidon(Array.from({ length: 16 }, (_, i) => BigInt(i + 1)))).to.equal(
      9989051620750914585850546081941653841776809718687451684622678807385399211877n,
    );
  });

  for (let n = 1; n <= 16; n++) {
    it(`has circomlibjs' values for ${n} inputs`, () => {
      const edges = [0n, FIELD_ORDER - 1n].map((value) => new Array<bigint>(n).fill(value));
      for (const inputs of [...edges, fields(n)]) expect(poseidon(inputs)).to.equal(reference(inputs));
    });
  }

  it("chains blocks of 16 behind the value before, the last one padded with zeros", () => {
    const [first, second, third] = [fields(16), fields(16), fields(5)];
    const zeros = new Array<bigint>(11).fill(0n);
    const chained = reference([...third, ...zeros], reference(second, reference(first)));
    expect(poseidonSponge([...first, ...second, ...third])).to.equal(chained);
    expect(poseidonSponge([...first, ...second, ...third, ...zeros])).to.equal(chained);
    expect(poseidonSponge([...second, ...first, ...third])).not.to.equal(chained);
  });
});
