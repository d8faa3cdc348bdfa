import { expect } from "chai";
import { KIND } from "../../protocol/constants.ts";
import { Fr } from "../../protocol/field.ts";
import { L1_WORD } from "../../protocol/packing.ts";
import { poseidon } from "../../protocol/poseidon.ts";
import { loadTemplate, type CircuitInput, type TestCircuit } from "../support/circuits/circuit.ts";
import { expectCheat, expectForgery, expectRefused, OTHER_LEAF, kept } from "../support/circuits/guards.ts";
import { EMPTY, rawLeaf, World, type RawAccount } from "../support/protocol/world.ts";
import { seeded } from "../support/random.ts";

const ALICE = 70_001;
const LAST_INDEX = 0xffff_ffff;
const EMPTY_INDEX = 70_002;
const WORN = 808;
const alice: RawAccount = { pubKeyY: 777n, l1Address: 0xa11cen, token: 5n, balance: 1000n, nonce: 9n };
const worn: RawAccount = { pubKeyY: 99n, l1Address: 0x3038n, token: 3n, balance: 5n, nonce: 2n ** 32n - 1n };
const keyless: RawAccount = { pubKeyY: 0n, l1Address: 0xce1en, token: 8n, balance: 400n, nonce: 0n };

/** A row's operation; `index` may be any field element where the row is forged. */
interface Operation {
  readonly kind: keyof typeof KIND;
  readonly index: number;
  readonly token: bigint;
  readonly l1Address: bigint;
  readonly amount: bigint;
}

describe("circuits: L1Operation", () => {
  const alpha = seeded("circuits/l1-operation").field();
  const challenge = { alpha, beta: poseidon([alpha]) };
  const world = new World({ [ALICE]: alice, [LAST_INDEX]: keyless, [WORN]: worn });
  let circuit: TestCircuit;
  before(async () => (circuit = await loadTemplate({ include: "l1_operation.circom", template: "L1Operation(3)" })));

  /** A row, with what the prover says is at its index. */
  const rowInput = ({ kind, ...row }: Operation, account: RawAccount, exists: bigint): CircuitInput => ({
    ...{ ...challenge, age: 1n, kind: BigInt(KIND[kind]), ...row, index: BigInt(row.index) },
    ...{ accountPubKeyY: account.pubKeyY, accountL1Address: account.l1Address, accountToken: account.token },
    ...{ accountNonce: account.nonce, accountBalance: account.balance, accountExists: exists },
    children: world.path(row.index),
  });
  const hers = { index: ALICE, token: alice.token, l1Address: alice.l1Address };
  const unused: Operation = { kind: "none", index: 0, token: 0n, l1Address: 0n, amount: 0n };
  const newcomer: RawAccount = { pubKeyY: 31n, l1Address: 0xb0bn, token: 6n, balance: 0n, nonce: 0n };
  const his = { index: EMPTY_INDEX, token: newcomer.token, l1Address: newcomer.l1Address };

  describe("accepts", () => {
    const cases: readonly [string, Operation, RawAccount, bigint, RawAccount | undefined][] = [
      ["an unused row", unused, EMPTY, 0n, undefined],
      ["a deposit to an account", { kind: "deposit", ...hers, amount: 55n }, alice, 1n, { ...alice, balance: 1055n }],
      ["a deposit of nothing", { kind: "deposit", ...hers, amount: 0n }, alice, 1n, alice],
      [
        "a deposit that creates an account",
        { kind: "deposit", ...his, amount: 2n ** 128n - 1n },
        newcomer,
        0n,
        { ...newcomer, balance: 2n ** 128n - 1n },
      ],
      ["a creation", { kind: "creation", ...his, amount: 0n }, newcomer, 0n, newcomer],
      [
        "a forced withdrawal that matches",
        { kind: "forcedWithdrawal", ...hers, amount: 1000n },
        alice,
        1n,
        { ...alice, balance: 0n },
      ],
      [
        "one at the last index",
        { kind: "forcedWithdrawal", index: LAST_INDEX, token: 8n, l1Address: 0xce1en, amount: 400n },
        keyless,
        1n,
        { ...keyless, balance: 0n },
      ],
      [
        "one from an account that has no nonce left",
        { kind: "forcedWithdrawal", index: WORN, token: 3n, l1Address: 0x3038n, amount: 5n },
        worn,
        1n,
        { ...worn, balance: 0n },
      ],
      [
        "one of another token, which takes nothing",
        { kind: "forcedWithdrawal", ...hers, token: 4n, amount: 0n },
        alice,
        1n,
        alice,
      ],
      [
        "one by another address, which takes nothing",
        { kind: "forcedWithdrawal", ...hers, l1Address: 1n, amount: 0n },
        alice,
        1n,
        alice,
      ],
      [
        "one from an empty leaf, which takes nothing",
        { kind: "forcedWithdrawal", ...his, amount: 0n },
        newcomer,
        0n,
        undefined,
      ],
      [
        "one from index 0, which takes nothing",
        { kind: "forcedWithdrawal", ...his, index: 0, amount: 0n },
        EMPTY,
        0n,
        undefined,
      ],
    ];
    for (const [name, operation, account, exists, after] of cases) {
      it(name, async () => {
        const witness = await circuit.witness(rowInput(operation, account, exists));
        expect(circuit.violated(witness)).to.be.empty;
        expect(circuit.get(witness, "node[1]")).to.equal(world.nodeWith(operation.index, after));
        expect(circuit.get(witness, "node[0]")).to.equal(world.node(operation.index));
        const { kind, index, token, l1Address, amount } = operation;
        expect(circuit.get(witness, "position")).to.equal(BigInt(index) + 1n * 2n ** 32n);
        const credits = kind === "deposit" || kind === "creation";
        const words = [
          L1_WORD.pack({ kind: KIND[kind], index, token, l1Address }),
          credits ? account.pubKeyY : 0n,
          amount,
        ];
        expect([0, 1, 2].map((word) => circuit.get(witness, `words[${word}]`))).to.deep.equal(words);
        expect(circuit.get(witness, "active")).to.equal(kind === "none" ? 0n : 1n);
      });
    }
  });

  describe("guards", () => {
    it("kind is the sum of its bits, or what is published as a creation deposits", async () => {
      const input = rowInput({ kind: "deposit", ...his, amount: 10n ** 24n }, newcomer, 0n);
      const bits = kept(circuit, await circuit.witness(input), "kindBits");
      const forged = await expectCheat(circuit, input, { ...bits, kind: 2n }, ["kind, kindBits[0], kindBits[1]"]);
      expect(circuit.get(forged, "node[1]")).to.equal(
        world.nodeWith(EMPTY_INDEX, { ...newcomer, balance: 10n ** 24n }),
      );
    });
    // `active` stays 1 only if one of two bits is 1: 1 = -1 + 1 · 2 and 2 = 1 + ½ · 2 are left.
    for (const [bit, kind, low, high] of [
      [0, 1n, -1n, 1n],
      [1, 2n, 1n, Fr.inv(2n)],
    ] as const) {
      it(`kind's bit ${bit} is one, or a ${bit === 0 ? "deposit" : "creation"} fills an index with what nobody can open`, async () => {
        const input = rowInput({ kind: "creation", ...his, amount: 0n }, newcomer, 0n);
        const changes = { kind, "kindBits[0]": low, "kindBits[1]": high };
        const forged = await expectCheat(circuit, input, changes, [`kindBits[${bit}]`]);
        expect(circuit.get(forged, "active")).to.equal(1n);
        expect(circuit.get(forged, "node[1]")).not.to.equal(world.nodeWith(EMPTY_INDEX, newcomer));
      });
    }

    // The word is l1Address + token · 2^160 + index · 2^176 + …: a part that is too large borrows from the next one.
    it("token has its range, or the same word names another index: a forced withdrawal denied", async () => {
      const denied = {
        kind: "forcedWithdrawal",
        ...hers,
        index: ALICE - 1,
        token: alice.token + 2n ** 16n,
        amount: 0n,
      } as const;
      const forged = await expectForgery(circuit, rowInput(denied, EMPTY, 0n), ["RangeCheck.bit[*], token"]);
      expect(circuit.get(forged, "words[0]")).to.equal(L1_WORD.pack({ kind: 3, ...hers }));
      expect(circuit.get(forged, "node[1]")).to.equal(world.node(ALICE));
    });
    it("l1Address has its range, or the same word names another token: a deposit of 6 becomes one of 5", async () => {
      const swapped: RawAccount = { ...newcomer, token: 5n, l1Address: newcomer.l1Address + 2n ** 160n };
      const row = {
        kind: "deposit",
        index: EMPTY_INDEX,
        token: 5n,
        l1Address: swapped.l1Address,
        amount: 99n,
      } as const;
      const forged = await expectForgery(circuit, rowInput(row, swapped, 0n), ["RangeCheck.bit[*], l1Address"]);
      expect(circuit.get(forged, "words[0]")).to.equal(L1_WORD.pack({ kind: 1, ...his }));
      expect(circuit.get(forged, "node[1]")).to.equal(world.nodeWith(EMPTY_INDEX, { ...swapped, balance: 99n }));
    });
    it("the account's token has its range, or an account opens as one of another token: a forced withdrawal denied", async () => {
      const misread = { ...alice, token: alice.token + 2n ** 16n, nonce: alice.nonce - 1n };
      const denied = { kind: "forcedWithdrawal", ...hers, amount: 0n } as const;
      await expectForgery(circuit, rowInput(denied, misread, 1n), ["RangeCheck.bit[*], accountToken"]);
    });
    it("the account's nonce has its range, for the same reason", async () => {
      const nonce = Fr.add(alice.nonce, Fr.div(Fr.create(alice.token - 4n), 2n ** 16n));
      const stolen = { kind: "forcedWithdrawal", ...hers, token: 4n, amount: alice.balance } as const;
      const forgery = rowInput(stolen, { ...alice, token: 4n, nonce }, 1n);
      await expectForgery(circuit, forgery, ["accountNonce, update.RangeCheck.bit[*]"]);
    });
    it("a credit is to the account that it names, or a deposit of a worthless token is one of another", async () => {
      for (const row of [
        { ...hers, token: 6n },
        { ...hers, l1Address: 0xbadn },
      ]) {
        const forgery = rowInput({ kind: "deposit", ...row, amount: 10n ** 30n }, alice, 1n);
        const forged = await expectForgery(circuit, forgery, ["forced, kindBits[0], kindBits[1], same"]);
        expect(circuit.get(forged, "node[1]")).to.equal(
          world.nodeWith(ALICE, { ...alice, balance: 1000n + 10n ** 30n }),
        );
      }
    });
    it("a creation is on an empty leaf, or it is published where nothing was created", async () => {
      const forgery = rowInput({ kind: "creation", ...hers, amount: 0n }, alice, 1n);
      await expectForgery(circuit, forgery, ["accountExists, forced, kindBits[1]"]);
    });
    it("a credit is not to index 0, or an account is there that can never sign", async () => {
      for (const kind of ["deposit", "creation"] as const) {
        const forgery = rowInput({ kind, ...his, index: 0, amount: 0n }, newcomer, 0n);
        await expectForgery(circuit, forgery, ["atIndexZero, forced, kindBits[0], kindBits[1]"]);
      }
    });
    it("the amount is what moved: a forced withdrawal pays the balance, neither nothing nor more", async () => {
      for (const amount of [0n, 999n, 1001n, 10n ** 30n]) {
        const forgery = rowInput({ kind: "forcedWithdrawal", ...hers, amount }, alice, 1n);
        await expectForgery(circuit, forgery, ["credited, taken, words[2]"]);
      }
    });
    it("… nothing if it does not match, and a creation brings nothing", async () => {
      for (const [operation, account, exists] of [
        [{ kind: "forcedWithdrawal", ...hers, l1Address: 0xbadn, amount: 1000n }, alice, 1n],
        [{ kind: "forcedWithdrawal", ...hers, token: 4n, amount: 1000n }, alice, 1n],
        [{ kind: "forcedWithdrawal", ...his, amount: 1000n }, newcomer, 0n],
        [{ kind: "creation", ...his, amount: 1000n }, newcomer, 0n],
        [{ ...unused, amount: 1000n }, EMPTY, 0n],
      ] as const) {
        await expectForgery(circuit, rowInput(operation, account, exists), ["credited, taken, words[2]"]);
      }
    });
    it("an unused row says nothing", async () => {
      for (const part of [{ token: 3n }, { l1Address: 4n }]) {
        await expectForgery(circuit, rowInput({ ...unused, ...part }, EMPTY, 0n), ["active, words[0]"]);
      }
      await expectForgery(circuit, rowInput({ ...unused, ...hers }, alice, 1n), ["active, words[0]"]);
    });
    it("an empty leaf has no balance, or a deposit mints", async () => {
      const forgery = rowInput({ kind: "deposit", ...his, amount: 1n }, { ...newcomer, balance: 10n ** 30n }, 0n);
      await expectForgery(circuit, forgery, ["accountBalance, accountExists"]);
      const forced = rowInput(
        { kind: "forcedWithdrawal", ...his, amount: 0n },
        { ...newcomer, balance: 10n ** 30n },
        0n,
      );
      await expectForgery(circuit, forced, ["accountBalance, accountExists"]);
    });
    it("an empty leaf has no nonce, or an account is created without a future", async () => {
      const forgery = rowInput({ kind: "creation", ...his, amount: 0n }, { ...newcomer, nonce: 2n ** 32n - 1n }, 0n);
      await expectForgery(circuit, forgery, ["accountExists, accountNonce"]);
    });
    it("`exists` is a bit, or a deposit writes its account over another", async () => {
      // exists + 1 · (1 - exists) = 1, whatever exists is.
      const own = { ...newcomer, token: 6n };
      const operation = { kind: "deposit", index: ALICE, token: 6n, l1Address: own.l1Address, amount: 1n } as const;
      const exists = Fr.div(world.leaf(ALICE), rawLeaf(BigInt(ALICE), own));
      const forged = await expectForgery(circuit, rowInput(operation, own, exists), ["accountExists"]);
      expect(circuit.get(forged, "node[1]")).to.equal(world.nodeWith(ALICE, { ...own, balance: 1n }));
    });
  });

  it("leaves the prover no way to deny a forced withdrawal that matches", async () => {
    const denied = { kind: "forcedWithdrawal", ...hers, amount: 0n } as const;
    for (const [account, exists, guard] of [
      [alice, 1n, "credited, taken, words[2]"],
      [{ ...alice, token: 4n }, 1n, OTHER_LEAF],
      [{ ...alice, l1Address: 1n }, 1n, OTHER_LEAF],
      [{ ...alice, balance: 0n }, 1n, OTHER_LEAF],
      [{ ...alice, nonce: 8n }, 1n, OTHER_LEAF],
      [alice, 0n, OTHER_LEAF],
      [EMPTY, 0n, OTHER_LEAF],
    ] as const) {
      await expectRefused(circuit, rowInput(denied, account, exists), guard);
    }
  });
  it("takes no deposit to an index that is somebody else's", async () => {
    const operation = { kind: "deposit", ...his, index: ALICE, amount: 5n } as const;
    for (const [account, exists, guard] of [
      [alice, 1n, "forced, kindBits[0], kindBits[1], same"],
      [newcomer, 1n, OTHER_LEAF],
      [newcomer, 0n, OTHER_LEAF],
    ] as const) {
      await expectRefused(circuit, rowInput(operation, account, exists), guard);
    }
  });
  it("publishes the key that it credits", async () => {
    const input = rowInput({ kind: "deposit", ...hers, amount: 5n }, { ...alice, pubKeyY: 778n }, 1n);
    await expectRefused(circuit, input, OTHER_LEAF);
  });
});
