import { expect } from "chai";
import { loadTemplate, type CircuitInput, type TestCircuit } from "../support/circuit.ts";
import { expectForgery } from "../support/guards.ts";
import { EMPTY, World, type RawAccount } from "../support/world.ts";

const OPERATOR = 70_001;
const EMPTY_INDEX = 70_002;
const operator: RawAccount = { pubKeyY: 777n, l1Address: 0xa11cen, token: 5n, balance: 1000n, nonce: 9n };

describe("circuits: FeeCredit", () => {
  const world = new World({ [OPERATOR]: operator });
  let circuit: TestCircuit;
  before(async () => (circuit = await loadTemplate({ include: "fee.circom", template: "FeeCredit()" })));

  const feeInput = (fees: bigint, index: number, account: RawAccount, exists: bigint): CircuitInput => ({
    ...{ root: world.root, fees, index: BigInt(index), ...account, exists, children: world.path(index) },
  });

  it("credits an account with all fees", async () => {
    for (const fees of [0n, 55n, 2n ** 128n - 1n - operator.balance]) {
      const witness = await circuit.witness(feeInput(fees, OPERATOR, operator, 1n));
      expect(circuit.violated(witness)).to.be.empty;
      const after = { ...operator, balance: operator.balance + fees };
      expect(circuit.get(witness, "newRoot")).to.equal(world.rootWith(OPERATOR, after));
    }
  });
  it("leaves an empty leaf alone when there are none", async () => {
    const witness = await circuit.witness(feeInput(0n, EMPTY_INDEX, EMPTY, 0n));
    expect(circuit.violated(witness)).to.be.empty;
    expect(circuit.get(witness, "newRoot")).to.equal(world.root);
  });
  it("needs an account for fees, or they vanish", async () => {
    const forged = await expectForgery(circuit, feeInput(55n, EMPTY_INDEX, EMPTY, 0n), ["exists, fees"]);
    expect(circuit.get(forged, "newRoot")).to.equal(world.root);
  });
  it("credits no account of another token", async () => {
    const input = feeInput(55n, OPERATOR, { ...operator, token: 6n }, 1n);
    expect(circuit.violated(await circuit.forge(input))).not.to.be.empty;
  });
  it("has the account's range checks", async () => {
    const overflown = feeInput(2n ** 128n - operator.balance, OPERATOR, operator, 1n);
    await expectForgery(circuit, overflown, ["update.RangeCheck.bit[*], update.balance[1]"]);
    for (const [account, guard] of [
      [{ ...EMPTY, balance: 10n ** 30n }, "balance, exists"],
      [{ ...EMPTY, nonce: 3n }, "exists, nonce"],
    ] as const) {
      await expectForgery(circuit, feeInput(0n, EMPTY_INDEX, account, 0n), [guard]);
    }
  });
});
