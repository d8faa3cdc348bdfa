import { expect } from "chai";
import { Fr } from "../../protocol/field.ts";
import { signTransfer, signWithdrawal, type Signed, type Withdrawal } from "../../protocol/operations.ts";
import { poseidon } from "../../protocol/poseidon.ts";
import { BASE8 } from "../../protocol/signature.ts";
import { loadTemplate, type CircuitInput, type TestCircuit } from "../support/circuits/circuit.ts";
import { BASES } from "../support/circuits/batch-bases.ts";
import { CIRCUIT } from "../support/circuits/forged-scenario.ts";
import { Recomputation } from "../support/circuits/hints.ts";
import { changedInputs } from "../support/circuits/inputs.ts";
import { jacobianKernel } from "../support/circuits/jacobian.ts";
import { EMPTY, keyOf, World, type RawAccount } from "../support/protocol/world.ts";
import { LONG, seeded, sliceOf } from "../support/random.ts";

// Is a witness the only one for its inputs? Each hint is changed and everything downstream computed anew, each input is
// changed, and the rank of the constraints' differentials is taken: docs/circuits/templates.md explains what is left.

const ALICE = 70_001;
const EMPTY_INDEX = 70_002;
const TIME = 1_700_000_000;
const DOMAIN = 0xd0_3a14n << 200n;

const key = keyOf("alice");
const alice: RawAccount = { pubKeyY: key.publicKey.y, l1Address: 0xa11cen, token: 5n, balance: 10n ** 21n, nonce: 9n };
const world = new World({ [ALICE]: alice, 70_007: { ...alice, nonce: 4n }, 4: { ...alice, token: 3n } });
const random = seeded("circuits/uniqueness");
const alpha = random.field();

const beta = poseidon([alpha]);
const challenge = { alpha, beta };
const challenges = { ...challenge, gamma: Fr.mul(beta, beta) };
const place = (index: number): CircuitInput => ({ ...challenge, age: 1n, children: world.path(index) });
const parts = ({ publicKey, signature: { r8, s } }: Pick<Signed<Withdrawal>, "publicKey" | "signature">) => ({
  ...{ Ax: publicKey.x, Ay: publicKey.y, R8x: r8.x, R8y: r8.y, S: s },
});
const operation = { from: ALICE, token: 5, amount: 12_345n, fee: 99n, nonce: 9, validUntil: TIME + 7 };
const context = { domain: DOMAIN, token: 5n, timestamp: BigInt(TIME) };
const unsigned = { publicKey: BASE8, signature: { r8: { x: 0n, y: 0n }, s: 0n } };
const mine = { l1Address: alice.l1Address, pubKeyY: alice.pubKeyY };

/** A node's children, of which some change. */
const node = (touched: readonly number[]): CircuitInput => {
  const old = Array.from({ length: 8 }, random.field);
  const now = old.map((child, place) => (touched.includes(place) ? child + 1n : child));
  return { touched: old.map((_, place) => (touched.includes(place) ? 1n : 0n)), child: [old, now] };
};
const slot = (exists: 0n | 1n): CircuitInput => {
  const account = exists === 1n ? alice : { ...EMPTY, token: 5n };
  const index = exists === 1n ? ALICE : EMPTY_INDEX;
  return {
    ...{ ...place(index), ...challenges, token: 5n, index: BigInt(index), exists },
    ...{ pubKeyY: account.pubKeyY, l1Address: account.l1Address },
    nonce: [account.nonce, account.nonce + 3n * exists],
    balance: [account.balance, account.balance + 7n * exists],
  };
};
const transfer: CircuitInput = {
  ...{
    ...context,
    ...challenges,
    from: BigInt(ALICE),
    to: 70_007n,
    nonce: 9n,
    validUntil: BigInt(TIME) + 7n,
    late: 0n,
  },
  ...{ amountMantissa: 12_345n, amountExponent: 0n, feeMantissa: 99n, feeExponent: 0n },
  ...parts(signTransfer(key, DOMAIN, { ...operation, to: 70_007 })),
};
const withdrawal: CircuitInput = {
  ...{ ...challenges, ...context, from: BigInt(ALICE), amount: 12_345n, nonce: 9n, validUntil: BigInt(TIME) + 7n },
  ...{ late: 0n, feeMantissa: 99n, feeExponent: 0n },
  ...{ slotIndex: BigInt(ALICE), slotExists: 1n, slotL1Address: alice.l1Address },
  ...parts(signWithdrawal(key, DOMAIN, operation)),
};
const bitsOf = (index: number, count: number): bigint[] =>
  Array.from({ length: count }, (_, i) => (BigInt(index) >> BigInt(i)) & 1n);
const blank = (input: CircuitInput, ...names: string[]): CircuitInput => ({
  ...input,
  ...Object.fromEntries(names.map((name) => [name, 0n])),
});
const l1Operation = (kind: bigint, index: number, amount: bigint, exists: bigint): CircuitInput => ({
  ...{ ...place(index), kind, index: BigInt(index), token: 5n, l1Address: alice.l1Address, amount },
  ...{ accountPubKeyY: alice.pubKeyY, accountL1Address: alice.l1Address, accountToken: 5n, accountExists: exists },
  ...{ accountNonce: exists * alice.nonce, accountBalance: exists * alice.balance },
});

interface Case {
  readonly name: string;
  readonly include: string;
  readonly template: string;
  readonly input: CircuitInput;
  /** Inputs whose change goes unnoticed here: neither a constraint nor an output depends on them. */
  readonly idle?: readonly string[];
  /** Numbers that are 0 and compared with 0: `in · inverse = 1 - out` holds for any inverse then. */
  readonly zeros?: number;
}

const CASES: readonly Case[] = [
  {
    ...{ name: "DecimalFloat", include: "float.circom", template: "DecimalFloat(39, 5)" },
    input: { mantissa: 123_456_789n, exponent: 21n },
  },
  {
    ...{ name: "LeafPair", include: "account.circom", template: "LeafPair()" },
    input: { index: 7n, ...mine, token: 5n, nonce: [3n, 4n], balance: [5n, 6n], exists: [1n, 1n] },
  },
  {
    ...{ name: "TreePath", include: "tree.circom", template: "TreePath(3, 2)" },
    input: { children: world.path(ALICE), node: [world.leaf(ALICE), 5n], bits: bitsOf(ALICE, 33).slice(0, 9) },
  },
  {
    ...{ name: "TreePath of one version", include: "tree.circom", template: "TreePath(3, 1)" },
    input: { children: world.path(ALICE), node: [world.leaf(ALICE)], bits: bitsOf(ALICE, 33).slice(0, 9) },
  },
  {
    ...{ name: "SegmentAccess", include: "segment.circom", template: "SegmentAccess(9)" },
    input: { ...challenge, index: 123_456_789n, segment: 470n, age: 4n, node: [random.field(), random.field()] },
  },
  {
    ...{ name: "TouchedSegment", include: "segment.circom", template: "TouchedSegment()" },
    input: { ...challenges, active: 1n, segment: 470n, last: 7n, node: [random.field(), random.field()] },
  },
  {
    ...{ name: "TouchedSegment, unused", include: "segment.circom", template: "TouchedSegment()" },
    input: { ...challenges, active: 0n, segment: 0n, last: 0n, node: [0n, 0n] },
    idle: ["alpha", "beta", "gamma", "node"],
  },
  {
    ...{ name: "TreeNode", include: "tree_node.circom", template: "TreeNode()" },
    input: { ...challenges, ...node([0, 3]), label: 4_000_000n, active: 1n },
  },
  {
    ...{ name: "TreeNode, unused", include: "tree_node.circom", template: "TreeNode()" },
    input: { ...challenges, ...node([]), label: 0n, active: 0n },
    idle: ["alpha", "beta", "gamma"],
  },
  {
    ...{ name: "Packed", include: "commitment.circom", template: "Packed(4, 100)" },
    input: { parts: [1n, 2n, 3n, 4n] },
  },
  { name: "Slot", include: "slot.circom", template: "Slot(5)", input: slot(1n) },
  {
    name: "Slot, empty",
    include: "slot.circom",
    template: "Slot(5)",
    input: slot(0n),
    idle: ["gamma", "l1Address", "token"],
  },
  ...[
    { name: "deposit", input: l1Operation(1n, ALICE, 55n, 1n), zeros: 2 },
    { name: "deposit to a new account", input: l1Operation(1n, EMPTY_INDEX, 55n, 0n), zeros: 2 },
    { name: "creation", input: l1Operation(2n, EMPTY_INDEX, 0n, 0n), zeros: 2 },
    { name: "forced withdrawal", input: l1Operation(3n, ALICE, alice.balance, 1n), zeros: 2 },
    { name: "forced withdrawal of another token", input: { ...l1Operation(3n, ALICE, 0n, 1n), token: 3n }, zeros: 1 },
    {
      ...{ name: "forced withdrawal from nobody", input: l1Operation(3n, EMPTY_INDEX, 0n, 0n), zeros: 2 },
      idle: ["accountL1Address", "accountPubKeyY", "accountToken"],
    },
    {
      ...{ name: "unused row", input: blank(l1Operation(0n, 0, 0n, 0n), "l1Address", "token"), zeros: 1 },
      idle: ["accountL1Address", "accountPubKeyY", "accountToken"],
    },
  ].map(({ name, ...rest }) => ({
    ...{ name: `L1Operation, ${name}`, include: "l1_operation.circom", template: "L1Operation(3)" },
    ...rest,
  })),
  // A second more or less on the clock changes nothing; the batch publishes it.
  { name: "Transfer", include: "transfer.circom", template: "Transfer()", input: transfer, idle: ["timestamp"] },
  {
    ...{ name: "Transfer, unused", include: "transfer.circom", template: "Transfer()", zeros: 1 },
    input: {
      ...blank(transfer, "from", "to", "amountMantissa", "feeMantissa", "nonce", "validUntil"),
      ...parts(unsigned),
    },
    idle: ["alpha", "beta", "gamma", "S", "timestamp"],
  },
  {
    name: "Withdrawal",
    include: "withdrawal.circom",
    template: "Withdrawal()",
    input: withdrawal,
    idle: ["timestamp"],
  },
  {
    ...{ name: "Withdrawal, unused", include: "withdrawal.circom", template: "Withdrawal()", zeros: 1 },
    input: {
      ...blank(withdrawal, "from", "amount", "feeMantissa", "nonce", "validUntil"),
      ...parts(unsigned),
    },
    idle: ["alpha", "beta", "gamma", "S", "slotExists", "slotIndex", "slotL1Address", "timestamp"],
  },
  {
    ...{ name: "Exit", include: "exit.circom", template: "Exit()" },
    input: {
      ...{
        root: world.root,
        children: world.wholePath(ALICE),
        account: BigInt(ALICE) + 5n * 2n ** 32n + alice.l1Address * 2n ** 48n,
        ...mine,
      },
      ...{ balance: alice.balance, index: BigInt(ALICE), token: 5n, nonce: alice.nonce },
    },
  },
];

/** How many hints of a case are changed in a short run: others each time. Of inputs it is one element of each signal. */
const HINTS = 15;

const loaded: Record<string, Promise<TestCircuit>> = {};

/** The output that is the root of the path that a template proves. */
const OLD_ROOTS: Readonly<Record<string, string>> = {
  ...{ "tree.circom": "root[0]", "slot.circom": "node[0]", "l1_operation.circom": "node[0]" },
};

for (const { name, include, template, input, idle = [], zeros = 0 } of CASES) {
  const oldRoot = OLD_ROOTS[include];
  describe(`circuits: ${name}`, function () {
    if (LONG) this.timeout("30m");
    let circuit: TestCircuit;
    let witness: bigint[];
    before(async () => {
      circuit = await (loaded[template] ??= loadTemplate({ include, template }));
      witness = await circuit.witness(input);
    });

    it("takes no other value of a hint", () => {
      const recomputation = new Recomputation(circuit, witness, wiresOf(circuit, Object.keys(input)));
      const isFree = (wire: number): boolean => isInverse(circuit.nameOf(wire)) && witness[wire] === 0n;
      const bound = recomputation.hints.filter((hint) => !isFree(hint));
      expect(recomputation.hints.length - bound.length).to.equal(zeros);
      for (const wire of sliceOf(bound, HINTS)) {
        for (const value of new Set([witness[wire]! + 1n, 0n, random.field()])) {
          if (value === witness[wire]) continue;
          const { witness: other, violated } = recomputation.after(new Map([[wire, value]]));
          // A path may be another one if the root that it leads to may: the batch compares it.
          const isOtherPath = oldRoot !== undefined && isSibling(circuit.nameOf(wire));
          const isNoticed =
            violated.length > 0 || (isOtherPath && circuit.get(other, oldRoot) !== circuit.get(witness, oldRoot));
          expect(isNoticed, `${circuit.nameOf(wire)} = ${value}`).to.be.true;
        }
      }
    });

    it("notices every input but those that mean nothing here", async () => {
      const outputs = (other: readonly bigint[]): bigint[] => other.slice(1, 1 + circuit.counts.outputs);
      const bySignal = Map.groupBy(changedInputs(input), ([name]) => name.replace(/\[.*/, ""));
      for (const [name, changed] of [...bySignal.values()].flatMap((elements) => sliceOf(elements, 1))) {
        const other = await circuit.forge(changed);
        const isSame = outputs(other).every((value, i) => value === outputs(witness)[i]);
        const isNoticed = !isSame || circuit.violated(other).length > 0;
        expect(isNoticed, name).to.equal(!idle.includes(name.replace(/\[.*/, "")));
      }
    });

    it("has no wire that could move", () => {
      // But siblings: their S-boxes' outputs stand for the path, which is the prover's to know.
      const names = Array.from({ length: circuit.counts.wires }, (_, wire) => circuit.nameOf(wire));
      const siblings = names.filter(isSibling);
      const { dimension, spans } = jacobianKernel(circuit, witness, [...Object.keys(input), ...siblings]);
      expect(dimension).to.equal(zeros);
      for (const span of spans)
        expect(span).to.satisfy(([wire, ...rest]: string[]) => isInverse(wire!) && rest.length === 0);
    });
  });
}

it("circuits: TreeLevel leaves the siblings to the prover, and nothing else", async () => {
  const circuit = await loadTemplate({ include: "tree.circom", template: "TreeLevel(2)" });
  const children = Array.from({ length: 8 }, random.field);
  const witness = await circuit.witness({ bits: [1n, 0n, 1n], node: [children[5]!, 9n], children });
  const free = jacobianKernel(circuit, witness, ["bits", "node"]);
  expect(free.dimension).to.equal(7);
  // With the old parent fixed, to first order one less: what is left would be collisions of the hash.
  expect(jacobianKernel(circuit, witness, ["bits", "node", "parent[0]"]).dimension).to.equal(6);
  expect(jacobianKernel(circuit, witness, ["bits", "node", "sibling"]).dimension).to.equal(0);
});

const isSibling = (name: string): boolean => /\.sibling\[\d\]$/.test(name);

const isInverse = (name: string): boolean => /(IsZero\w*|signed)\.inverse$/.test(name);

const wiresOf = (circuit: TestCircuit, names: readonly string[]): number[] =>
  names.flatMap((name) => circuit.wiresOf(name));

it("circuits: a whole batch leaves nothing to the prover but its paths, whichever rows are in use", async function () {
  if (LONG) this.timeout("30m");
  const circuit = await loadTemplate(CIRCUIT);
  const siblings = Array.from({ length: circuit.counts.wires }, (_, wire) => circuit.nameOf(wire)).filter(isSibling);
  for (const make of sliceOf(BASES, 1)) {
    const { name, input } = make();
    const witness = await circuit.witness(input);
    const { spans } = jacobianKernel(circuit, witness, [...Object.keys(input), ...siblings]);
    for (const span of spans)
      expect(span, name).to.satisfy(([wire, ...rest]: string[]) => isInverse(wire!) && rest.length === 0);
    // Inverses of what is 0: an address, a token or an index that is compared, or the sender of a row that is not in use.
    const zeros = Array.from({ length: circuit.counts.wires }, (_, wire) => wire).filter(
      (wire) => isInverse(circuit.nameOf(wire)) && witness[wire] === 0n,
    );
    expect(
      spans.map(([wire]) => wire),
      name,
    ).to.have.members(zeros.map((wire) => circuit.nameOf(wire)));
  }
});
