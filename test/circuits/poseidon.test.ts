import { expect } from "chai";
import { buildPoseidonReference } from "circomlibjs";
import { FIELD_ORDER } from "../../protocol/constants.ts";
import { poseidonSponge } from "../../protocol/wide-poseidon.ts";
import { loadTemplate, type TestCircuit } from "../support/circuits/circuit.ts";
import { jacobianKernel } from "../support/circuits/jacobian.ts";
import { LONG, seeded } from "../support/random.ts";

const load = (template: string): Promise<TestCircuit> => loadTemplate({ include: "poseidon.circom", template });

describe("circuits: Poseidon", () => {
  const random = seeded("circuits/poseidon");
  const fields = (count: number): bigint[] => Array.from({ length: count }, random.field);

  let poseidon: (inputs: readonly bigint[]) => bigint;
  before(async () => {
    const textbook = await buildPoseidonReference();
    poseidon = (inputs) => textbook.F.toObject(textbook(inputs));
  });

  // The circuits' own numbers of inputs, and one of the others by the seed.
  const counts = Array.from({ length: 16 }, (_, i) => i + 1);
  const others = counts.filter((n) => ![1, 2, 4, 5, 8, 16].includes(n));
  const chosen = others[Number(random.below(BigInt(others.length)))]!;
  for (const n of counts.filter((n) => LONG || n === chosen || !others.includes(n))) {
    it(`has circomlibjs' values for ${n} inputs`, async () => {
      const circuit = await load(`Poseidon(${n})`);
      const edges = [0n, 1n, FIELD_ORDER - 1n].map((value) => new Array<bigint>(n).fill(value));
      for (const inputs of [...edges, fields(n), fields(n)]) {
        const witness = await circuit.witness({ inputs });
        expect(circuit.get(witness, "out")).to.equal(poseidon(inputs));
        expect(circuit.violated(witness)).to.be.empty;
      }
    });
  }

  it("chains blocks of 16 as the sponge of the protocol does", async () => {
    const circuit = await load("PoseidonChain(16)");
    const elements = fields(48);
    let state = 0n;
    for (let start = 0; start < 48; start += 16) {
      const witness = await circuit.witness({ state, inputs: elements.slice(start, start + 16) });
      expect(circuit.violated(witness)).to.be.empty;
      state = circuit.get(witness, "out");
      expect(state).to.equal(poseidonSponge(elements.slice(0, start + 16)));
    }
  });

  it("splits after the first round's S-boxes into the same hash", async () => {
    const rest = await load("PoseidonAfterFirstSbox(3)");
    const inputs = fields(3);
    const boxes: bigint[] = [];
    for (const [j, value] of inputs.entries()) {
      const box = await load(`Sbox(firstRoundConstant(3, ${j + 1}))`);
      boxes.push(box.get(await box.witness({ in: value }), "out"));
    }
    expect(rest.get(await rest.witness({ in: boxes }), "out")).to.equal(poseidon(inputs));
  });

  for (const [template, inputs] of [
    ["Poseidon(2)", { inputs: 2 }],
    ["Poseidon(8)", { inputs: 8 }],
    ["PoseidonChain(16)", { state: 1, inputs: 16 }],
  ] as const) {
    it(`${template}: no wire is free`, async () => {
      const circuit = await load(template);
      for (const draw of [random.field, () => 0n]) {
        const values = Object.fromEntries(
          Object.entries(inputs).map(([name, count]) => [
            name,
            name === "state" ? draw() : Array.from({ length: count }, draw),
          ]),
        );
        const witness = await circuit.witness(values);
        expect(jacobianKernel(circuit, witness, Object.keys(inputs))).to.deep.equal({ dimension: 0, spans: [] });
      }
    });
  }

  it("rejects a change of any single wire", async () => {
    const circuit = await load("Poseidon(3)");
    const witness = await circuit.witness({ inputs: fields(3) });
    for (let wire = 1; wire < circuit.counts.wires; wire++) {
      const changed = witness.with(wire, (witness[wire]! + 1n) % FIELD_ORDER);
      // What defines the wire or, of an input, what reads it first.
      const guards = circuit.violated(changed).flatMap((index) => circuit.constraints[index]!.flat());
      expect(
        guards.map(([other]) => other),
        circuit.nameOf(wire),
      ).to.include(wire);
    }
  });
});
