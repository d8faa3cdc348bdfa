import { expect } from "chai";
import { readFile, writeFile } from "node:fs/promises";
import { BATCH_SIZES } from "../../protocol/constants.ts";
import { ensureCircuit } from "../../prover/artifacts.ts";
import { loadTemplate } from "../support/circuit.ts";

/**
 * What each template costs, kept in `constraints.json` so that a change shows its price in the diff.
 * `UPDATE_SNAPSHOTS=1` writes the counts as they are.
 */
const TEMPLATES: readonly { include: string; template: string }[] = [
  { include: "poseidon.circom", template: "Poseidon(2)" },
  { include: "poseidon.circom", template: "Poseidon(3)" },
  { include: "poseidon.circom", template: "Poseidon(4)" },
  { include: "poseidon.circom", template: "Poseidon(5)" },
  { include: "poseidon.circom", template: "Poseidon(8)" },
  { include: "poseidon.circom", template: "Poseidon(16)" },
  { include: "poseidon.circom", template: "PoseidonChain(16)" },
  { include: "fixed_base.circom", template: "FixedBaseMultiply()" },
  { include: "variable_base.circom", template: "VariableBaseMultiply()" },
  { include: "eddsa.circom", template: "EdDSAPoseidonVerify()" },
  { include: "float.circom", template: "DecimalFloat(39, 5)" },
  { include: "tree.circom", template: "TreeLevel()" },
  { include: "account.circom", template: "LeafPair()" },
  { include: "account.circom", template: "AccountUpdate(1)" },
  { include: "l1_operation.circom", template: "L1Operation()" },
  { include: "withdrawal.circom", template: "Withdrawal()" },
  { include: "transfer.circom", template: "Transfer()" },
  { include: "slot.circom", template: "Slot()" },
  { include: "fee.circom", template: "FeeCredit()" },
  { include: "exit.circom", template: "Exit()" },
];

/** What a transfer with an account of its own may cost, its share of the commitment and of the words included. */
const MARGINAL_COST = 13_000;

const FILE = new URL("constraints.json", import.meta.url);

type Counts = Record<string, { constraints: number; wires: number; nonZeros: number; domainPower?: number }>;

describe("circuits: constraint counts", () => {
  it("are those of constraints.json", async () => {
    const counts: Counts = {};
    for (const options of TEMPLATES) {
      const { constraints, wires, nonZeros } = (await loadTemplate(options)).counts;
      counts[options.template] = { constraints, wires, nonZeros };
    }
    for (const size of BATCH_SIZES) {
      const { constraints, wires, nonZeros, domainPower } = (await ensureCircuit(size)).counts;
      counts[size.name] = { constraints, wires, nonZeros, domainPower };
    }
    if (process.env["UPDATE_SNAPSHOTS"] === "1") await writeFile(FILE, `${JSON.stringify(counts, null, 2)}\n`);
    expect(counts).to.deep.equal(JSON.parse(await readFile(FILE, "utf8")) as Counts);

    const cost = (name: string): number => counts[name]!.constraints;
    const share = cost("PoseidonChain(16)") / 16; // of the sponge, an element
    const marginal = cost("Transfer()") + cost("Slot()") + 3 * share + 1.5;
    expect(marginal).to.be.at.most(MARGINAL_COST);
    for (const { name, transfers, accounts, l1Operations, withdrawals } of BATCH_SIZES) {
      const l1Operation = cost("L1Operation()") + 3 * share + 4;
      const withdrawal = cost("Withdrawal()") + 2 * share + 3;
      const slots = (accounts - transfers) * (cost("Slot()") + 2 * share);
      const parts = transfers * marginal + slots + l1Operations * l1Operation + withdrawals * withdrawal;
      const whole = cost("FeeCredit()") + cost("Poseidon(2)") + parts;
      // Not `closeTo`: the matchers for contracts replace it by one that takes integers alone.
      expect(Math.abs(cost(name) / whole - 1), `${name} is the sum of its parts`).to.be.at.most(0.01);
    }
  }).timeout("10m");
});
