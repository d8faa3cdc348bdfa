import { expect } from "chai";
import { readFile, writeFile } from "node:fs/promises";
import { BATCH_SIZES, SPONGE_RATE, type BatchSize } from "../../protocol/constants.ts";
import { ensureCircuit } from "../../prover/artifacts/artifacts.ts";
import { loadTemplate } from "../support/circuits/circuit.ts";
import { LONG } from "../support/random.ts";

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
  { include: "tree.circom", template: "TreeLevel(1)" },
  { include: "tree.circom", template: "TreeLevel(2)" },
  { include: "account.circom", template: "LeafPair()" },
  { include: "account.circom", template: "AccountUpdate(1)" },
  { include: "l1_operation.circom", template: "L1Operation(1)" },
  { include: "withdrawal.circom", template: "Withdrawal()" },
  { include: "transfer.circom", template: "Transfer()" },
  { include: "slot.circom", template: "Slot(1)" },
  { include: "segment.circom", template: "TouchedSegment()" },
  { include: "tree_node.circom", template: "TreeNode()" },
  ...[1, 2, 8, 32, 160].map((words) => ({ include: "blob.circom", template: `BlobEvaluation(${words})` })),
  { include: "exit.circom", template: "Exit()" },
];

/** What a transfer with an account of its own may cost, its share of the commitment and of the words included. */
const MARGINAL_COST = 6_300;

/** Larger ones take minutes to compile; that they are the sum of their parts is checked of all. */
const COMPILED = (LONG ? BATCH_SIZES : BATCH_SIZES.slice(0, 2)).map(({ name }) => name);

const FILE = new URL("constraints.json", import.meta.url);

type Counts = Record<string, { constraints: number; wires: number; nonZeros: number; domainPower?: number }>;

describe("circuits: constraint counts", () => {
  it("are those of constraints.json", async () => {
    const counts: Counts = {};
    for (const options of TEMPLATES) {
      const { constraints, wires, nonZeros } = (await loadTemplate(options)).counts;
      counts[options.template] = { constraints, wires, nonZeros };
    }
    const snapshot = JSON.parse(await readFile(FILE, "utf8")) as Counts;
    for (const size of BATCH_SIZES) {
      if (!COMPILED.includes(size.name)) {
        counts[size.name] = snapshot[size.name]!;
        continue;
      }
      const circuit = await ensureCircuit(size);
      const { constraints, wires, nonZeros, domainPower } = circuit.counts;
      counts[size.name] = { constraints, wires, nonZeros, domainPower };
      // Without one, circom's own generator computes its witnesses, many times as slowly.
      expect(circuit.plan, `${size.name} has a plan of its witnesses`).to.be.a("string");
    }
    if (process.env["UPDATE_SNAPSHOTS"] === "1") await writeFile(FILE, `${JSON.stringify(counts, null, 2)}\n`);
    else expect(counts).to.deep.equal(snapshot);

    const cost = (name: string): number => counts[name]!.constraints;
    const absorbed = cost("PoseidonChain(16)") / SPONGE_RATE; // an element
    const marginal = cost("Transfer()") + cost("Slot(1)") + 3.2 * absorbed + 1.5;
    expect(marginal).to.be.at.most(MARGINAL_COST);
    const sumOfParts = ({ transfers, accounts, l1Operations, withdrawals, segments, nodes }: BatchSize): number => {
      const words = 4 + 3 * l1Operations + 2 * withdrawals;
      const accesses = l1Operations + accounts;
      const packed = Math.ceil(accesses / 6) + Math.ceil(segments / 7) + Math.ceil(nodes / 8);
      const elements = words + withdrawals + transfers + 2 * (accesses + segments + nodes) + packed;
      return (
        transfers * cost("Transfer()") +
        withdrawals * cost("Withdrawal()") +
        l1Operations * cost("L1Operation(1)") +
        accounts * cost("Slot(1)") +
        segments * cost("TouchedSegment()") +
        nodes * cost("TreeNode()") +
        cost(`BlobEvaluation(${transfers / 2})`) +
        Math.ceil(elements / SPONGE_RATE) * cost("PoseidonChain(16)")
      );
    };
    for (const size of BATCH_SIZES) {
      // Not `closeTo`: the matchers for contracts replace it by one that takes integers alone.
      const deviation = Math.abs(cost(size.name) / sumOfParts(size) - 1);
      expect(deviation, `${size.name} is the sum of its parts`).to.be.at.most(0.01);
    }

    const [of64, of320] = ["batch-64", "batch-320"].map((name) => BATCH_SIZES.find((size) => size.name === name)!);
    const perTransfer = (size: BatchSize): number => sumOfParts(size) / size.transfers;
    expect(perTransfer(of64!), "as many accounts as transfers").to.be.at.most(8_192);
    expect(2 * perTransfer(of64!), "all accounts distinct: half of its transfers").to.be.at.most(16_400);
    expect(perTransfer(of320!), "the size in 2^21").to.be.at.most(6_800);

    const forBlobs = ({ name, transfers }: BatchSize): number => {
      const own = cost(`BlobEvaluation(${transfers / 2})`);
      return own / (cost(name) - own);
    };
    expect(forBlobs(of64!), "what blobs cost a batch in calldata").to.be.at.most(0.016);
    expect(forBlobs(of320!)).to.be.at.most(0.01);
  }).timeout("10m");

  it("are those of docs/circuits/sizes.md", async () => {
    const document = await readFile(new URL("../../docs/circuits/sizes.md", import.meta.url), "utf8");
    const table = document
      .split("\n")
      .filter((line) => line.startsWith("| "))
      .slice(2);
    const counts = JSON.parse(await readFile(FILE, "utf8")) as Counts;
    const rows = BATCH_SIZES.map(({ name, transfers, accounts, l1Operations, withdrawals, segments, nodes }) => {
      const { constraints, nonZeros, domainPower } = counts[name]!;
      const numbers = [transfers, accounts, l1Operations, withdrawals, segments, nodes, constraints, nonZeros];
      return [name, ...numbers.map((count) => count.toLocaleString("en")), `2^${domainPower}`];
    });
    expect(
      table.map((line) =>
        line
          .split("|")
          .slice(1, -1)
          .map((cell) => cell.trim()),
      ),
    ).to.deep.equal(rows);
  });
});
