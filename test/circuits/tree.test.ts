import { expect } from "chai";
import { FIELD_ORDER } from "../../protocol/constants.ts";
import { Fr } from "../../protocol/field.ts";
import { StateTree } from "../../protocol/tree.ts";
import { nodeOf } from "../../protocol/wide-poseidon.ts";
import { loadTemplate, type TestCircuit } from "../support/circuits/circuit.ts";
import { expectCheat, expectForgery } from "../support/circuits/guards.ts";
import { add, multiply, rootOf, scale, type Polynomial } from "../support/circuits/polynomial.ts";
import { EMPTY, rawLeaf, World, type RawAccount } from "../support/protocol/world.ts";
import { seeded } from "../support/random.ts";

const bitsOf = (value: number, count: number): bigint[] =>
  Array.from({ length: count }, (_, i) => (BigInt(value) >> BigInt(i)) & 1n);

describe("circuits: tree", () => {
  const random = seeded("circuits/tree");

  describe("TreeLevel", () => {
    const children = Array.from({ length: 8 }, random.field);
    let circuit: TestCircuit;
    before(async () => (circuit = await loadTemplate({ include: "tree.circom", template: "TreeLevel(2)" })));

    it("hashes the old and the new node at every place", async () => {
      for (let place = 0; place < 8; place++) {
        const node = [children[place]!, random.field()] as const;
        const witness = await circuit.witness({ bits: bitsOf(place, 3), node, children });
        expect(circuit.violated(witness)).to.be.empty;
        expect(circuit.get(witness, "parent[0]")).to.equal(nodeOf(children));
        expect(circuit.get(witness, "parent[1]")).to.equal(nodeOf(children.with(place, node[1])));
      }
    });
    it("needs the old node among the children, or any node is in the tree", async () => {
      for (let place = 0; place < 8; place++) {
        const input = { bits: bitsOf(place, 3), node: [children[place]! + 1n, 5n], children };
        await expectForgery(circuit, input, ["change[*], power[0], power[1]"]);
      }
    });
    it("needs its caller to see to it that the bits are bits: with 2 it takes a node that is no child", async () => {
      // Places 0 and 1 are then taken -1 times and twice.
      const constants = await roundConstants(circuit);
      const [first, second] = sboxes(children, constants);
      const constant = Fr.create(2n * constants[1]! - constants[0]!);
      const stranger = Fr.sub(fifthRoot(Fr.create(2n * second! - first!)), constant);
      const witness = await circuit.witness({ bits: [2n, 0n, 0n], node: [stranger, 5n], children });
      expect(circuit.violated(witness)).to.be.empty;
      expect(circuit.get(witness, "parent[0]")).to.equal(nodeOf(children));
      expect(children).not.to.include(stranger);
    });
  });

  it("TreeLevel(1) hashes one node at every place, and needs it among the children", async () => {
    const circuit = await loadTemplate({ include: "tree.circom", template: "TreeLevel(1)" });
    const children = Array.from({ length: 8 }, random.field);
    for (let place = 0; place < 8; place++) {
      const input = { bits: bitsOf(place, 3), node: [children[place]!], children };
      const witness = await circuit.witness(input);
      expect(circuit.violated(witness)).to.be.empty;
      expect(circuit.get(witness, "parent[0]")).to.equal(nodeOf(children));
      await expectForgery(circuit, { ...input, node: [children[place]! + 1n] }, ["change[*]"]);
    }
  });

  it("TreePath leads to the state tree's roots, for a path of any length and one or two leaves", async () => {
    const whole = await loadTemplate({ include: "tree.circom", template: "TreePath(11, 2)" });
    const one = await loadTemplate({ include: "tree.circom", template: "TreePath(11, 1)" });
    const inner = await loadTemplate({ include: "tree.circom", template: "TreePath(3, 2)" });
    const tree = new StateTree();
    for (const index of [1, 2, 9, 0xffff_ffff, 0xffff_fff8, Number(random.below(2n ** 32n))]) {
      tree.setLeaf(index, random.field());
    }
    for (const index of [0, 1, 8, 0xffff_ffff, 0x7fff_ffff, Number(random.below(2n ** 32n))]) {
      const leaf = [tree.leaf(index), random.field()] as const;
      const input = { bits: bitsOf(index, 33), node: leaf, children: tree.path(index) };
      const segment = Math.floor(index / 512);
      const [roots, segmentRoots] = [[tree.root], [tree.node(3, segment)]];
      tree.setLeaf(index, leaf[1]);
      roots.push(tree.root);
      segmentRoots.push(tree.node(3, segment));
      for (const [circuit, part, expected] of [
        [whole, input, roots],
        [one, { ...input, node: [leaf[0]] }, roots],
        [
          inner,
          { bits: bitsOf(index, 33).slice(0, 9), node: leaf, children: input.children.slice(0, 3) },
          segmentRoots,
        ],
      ] as const) {
        const witness = await circuit.witness(part);
        expect(circuit.violated(witness)).to.be.empty;
        for (const version of part.node.keys()) {
          expect(circuit.get(witness, `root[${version}]`)).to.equal(expected[version]);
        }
      }
    }
  });

  it("needs an index's bits to be bits, or an account can be proven missing and put over by another", async () => {
    const circuit = await loadTemplate({ include: "account.circom", template: "AccountUpdate(0)" });
    const alice: RawAccount = { pubKeyY: 777n, l1Address: 0xa11cen, token: 5n, balance: 1000n, nonce: 9n };
    const index = 70_001;
    const world = new World({ [index]: alice, 70_000: alice, 70_003: { ...alice, nonce: 4n } });
    const mallory = { ...EMPTY, pubKeyY: 666n, l1Address: 0xbadn };
    const empty = {
      ...{ index: 70_005n, pubKeyY: 666n, l1Address: 0xbadn, token: 0n },
      ...{ nonce: [0n, 0n], balance: [0n, 0n], exists: [0n, 1n], children: world.path(70_005) },
    };
    expect(rawLeaf(70_001n, alice)).to.equal(world.path(index)[0]![1]);

    const level = await loadTemplate({ include: "tree.circom", template: "TreeLevel(2)" });
    const place = placeOfNothing(world.path(index)[0]!, await roundConstants(level), 1n);
    expect(Fr.create(place[0] + 2n * place[1] + 4n * place[2])).to.equal(1n);
    const bits = [...place, ...bitsOf(index, 32).slice(3)];
    const changes = Object.fromEntries(bits.map((bit, i) => [`indexBits[${i}]`, bit]));
    const guards = place.flatMap((bit, i) => (bit <= 1n ? [] : [`indexBits[${i}]`]));
    const forged = await expectCheat(circuit, empty, { ...changes, index: BigInt(index) }, guards);
    expect(circuit.get(forged, "leaf[0]")).to.equal(0n);
    expect(circuit.get(forged, "leaf[1]")).to.equal(rawLeaf(70_001n, mallory));
    expect(circuit.get(forged, "node[0]")).to.equal(world.node(index));
  });
});

const fifthRoot = (value: bigint): bigint => {
  const order = FIELD_ORDER - 1n;
  // 5 · inverse ≡ 1 modulo r - 1: the smallest k for which 5 divides 1 + k (r - 1).
  const k = [1n, 2n, 3n, 4n].find((factor) => (1n + factor * order) % 5n === 0n)!;
  return Fr.pow(value, (1n + k * order) / 5n);
};

/** What a child at each place has added to it before its S-box in the parent's hash. */
async function roundConstants(level: TestCircuit): Promise<bigint[]> {
  const zeros = new Array<bigint>(8).fill(0n);
  const witness = await level.witness({ bits: [0n, 0n, 0n], node: [0n, 0n], children: zeros });
  return zeros.map((_, place) => fifthRoot(level.get(witness, `sibling[${place}]`)));
}

const sboxes = (children: readonly bigint[], constants: readonly bigint[]): bigint[] =>
  children.map((child, place) => Fr.pow(Fr.add(child, constants[place]!), 5n));

/**
 * Bits, though not of 0 and 1, that add up to a place and select 0 from the children. With at_j as the circuit's
 * indicator of place j: the sum of at_j · sbox_j is the S-box of 0 behind the sum of at_j · constant_j.
 */
function placeOfNothing(
  children: readonly bigint[],
  constants: readonly bigint[],
  place: bigint,
): [bigint, bigint, bigint] {
  const boxes = sboxes(children, constants);
  for (let bit2 = 0n; ; bit2++) {
    // bit0 is the unknown, bit1 = (place - bit0) / 2 - 2 · bit2.
    const bit1: Polynomial = [Fr.sub(Fr.div(place, 2n), 2n * bit2), Fr.neg(Fr.inv(2n))];
    const bits: readonly Polynomial[] = [[0n, 1n], bit1, [bit2]];
    const at = (j: number): Polynomial =>
      bits.reduce(
        (product, bit, i) => multiply(product, (j >> i) & 1 ? bit : add([1n], scale(bit, Fr.create(-1n)))),
        [1n],
      );
    const weighted = (values: readonly bigint[]): Polynomial =>
      values.reduce((sum: Polynomial, value, j) => add(sum, scale(at(j), value)), []);
    const constant = weighted(constants);
    const power = [1, 2, 3, 4, 5].reduce((product: Polynomial) => multiply(product, constant), [1n]);
    const root = rootOf(add(power, scale(weighted(boxes), Fr.create(-1n))));
    if (root !== undefined && root > 1n) {
      return [root, Fr.add(bit1[0]!, Fr.mul(bit1[1]!, root)), bit2];
    }
  }
}
