import { expect } from "chai";
import { blobInput } from "../../protocol/blob.ts";
import type { CircuitInput } from "../../protocol/witness.ts";
import { wordsOf } from "../../protocol/words.ts";
import { loadTemplate, type TestCircuit } from "../support/circuits/circuit.ts";
import { Determined, type Lemmas } from "../support/circuits/determined.ts";
import { batchOn } from "../support/circuits/forged-batch.ts";
import { CIRCUIT, request, single, SIZE, state } from "../support/circuits/forged-scenario.ts";
import { LONG, sliceOf } from "../support/random.ts";

// A value that is free once alpha is known can be solved for (docs/circuits/batch.md). Here the commitment is opened step by
// step, by the rules of `Determined`, in the R1CS itself: nothing that meets a challenge may be left over.

describe("circuits: after alpha", () => {
  let circuit: TestCircuit;
  let determined: Determined;
  before(async () => {
    circuit = await loadTemplate(CIRCUIT);
    determined = new Determined(circuit, lemmasOf(circuit));
  });

  /** What there is before alpha: the commitment, and the point of a blob, a hash of what is fixed by then. */
  const beforeAlpha = (): number[] => [circuit.wire("c"), circuit.wire("z")];

  /** The wires that follow from alpha where all that is absorbed is known, and those that stand beside one of them. */
  function challenged(witness: readonly bigint[]): { wires: ReadonlySet<number>; beside: readonly number[] } {
    const before = determined.by(witness, beforeAlpha());
    const after = determined.by(witness, [...before, circuit.wire("alpha")]);
    const wires = new Set([...after].filter((wire) => !before.has(wire)));
    const all = circuit.constraints.map((parts) => parts.flatMap((part) => part.map(([wire]) => wire)));
    const beside = all.filter((some) => some.some((wire) => wires.has(wire))).flat();
    return { wires, beside: [...new Set(beside)].filter((wire) => !wires.has(wire)) };
  }
  /** The signals that meet a challenge, though what is known does not fix them. */
  function free(witness: readonly bigint[], known: readonly number[], beside: readonly number[]): string[] {
    const fixed = determined.by(witness, known);
    return beside.filter((wire) => !fixed.has(wire)).map((wire) => circuit.nameOf(wire));
  }

  const z = 3n ** 157n;
  const { input: full, published } = batchOn(state, SIZE, request);
  const transfers = wordsOf(SIZE, published).slice(-SIZE.transfers / 2);
  const some = {
    ...single,
    l1Operations: request.l1Operations.slice(0, 1),
    withdrawals: request.withdrawals.slice(0, 1),
  };
  const batches: Record<string, CircuitInput> = {
    full,
    "one with a row in use of every kind, and others that are not": batchOn(state, SIZE, some).input,
    "one with its transfers in a blob": { ...full, z, blob: 1n, ...blobInput(transfers, z) },
  };
  for (const [name, input] of Object.entries(batches)) {
    it(`nothing that meets a challenge is free, in a batch that is ${name}`, async () => {
      const witness = await circuit.witness(input);
      const { wires, beside } = challenged(witness);
      expect(free(witness, beforeAlpha(), beside)).to.deep.equal([]);
      // And they all are looked at.
      const identities = ["Quotient", "put", "taken", "pair", "roots", "memory", "tree", "change", "nonces"];
      const met = new Set(
        [...wires].map((wire) => /(\w+?)(_\d+)*(\[\d+\])*(\.denominator)?$/.exec(circuit.nameOf(wire))![1]),
      );
      expect(met).to.include.members(identities);
    });
  }

  it("what is absorbed is absorbed for a reason: without any of it, something is free", async function () {
    if (LONG) this.timeout("10m");
    const witness = await circuit.witness(full);
    const { beside } = challenged(witness);
    const elements = absorbed(circuit);
    // But the roots of nodes that are not in use, which are on no bus; and words that a leaf or a signature fixes too.
    const unused = (full["nodeActive"] as readonly bigint[]).flatMap((active, row) =>
      active === 0n ? hashesOf(circuit, row) : [],
    );
    const isIdle = (wire: number): boolean =>
      unused.includes(wire) || /^(words\[([4-9]|\d\d+)\]|l1Amount.*|withdrawalAmount.*)$/.test(circuit.nameOf(wire));
    const needed = elements.filter((wire) => !isIdle(wire));
    expect(needed.length).to.be.greaterThan(50);
    for (const element of sliceOf(needed, 6)) {
      const others = [circuit.wire("z"), ...elements.filter((wire) => wire !== element)];
      expect(free(witness, others, beside), circuit.nameOf(element)).not.to.deep.equal([]);
    }
  });
});

/** What batch.md argues, and no constraint says by itself. */
function lemmasOf(circuit: TestCircuit): Lemmas {
  const names = Array.from({ length: circuit.counts.wires }, (_, wire) => circuit.nameOf(wire));
  type Opening = [of: string[], fixes: string[]];
  const rows = (count: number, of: (row: number) => Opening): Opening[] =>
    Array.from({ length: count }, (_, row) => of(row));
  /** A payload opens in one way, though its topmost part has no range of its own. */
  const payload = (kind: string, row: number): Opening => {
    const of = new RegExp(`^${kind}\\[${row}\\]\\.signed\\.Poseidon_\\w+\\.inputs\\[1\\]$`);
    return [[names.find((name) => of.test(name))!], [`${kind}[${row}].signed.fields`, `${kind}ValidUntil[${row}]`]];
  };
  const remainders = names.filter((name) => /^blobRemainder\[\d+\]\[\d\]$/.test(name));
  const evaluation = Array.from({ length: 4 }, (_, limb) => `blobRemainder[${remainders.length / 4 - 1}][${limb}]`);
  return {
    bits: /^(l1|transfer|withdrawal)\[\d+\]\.active$/,
    openings: [
      ...rows(SIZE.transfers, (row) => payload("transfer", row)),
      ...rows(SIZE.withdrawals, (row) => payload("withdrawal", row)),
      // The value of a polynomial, below the field's order, is that of its coefficients and the point.
      [["z", ...names.filter((name) => /^transfersWord\[\d+\]$/.test(name))], evaluation],
      // A leaf is 0, or it is a hash.
      ...rows(SIZE.accounts, (row) => [[`slot[${row}].update.leaf[0]`], [`slotExists[${row}]`]]),
      ...rows(SIZE.l1Operations, (row) => [[`l1[${row}].update.leaf[0]`], [`l1AccountExists[${row}]`]]),
    ],
  };
}

/** The wires that the commitment absorbs; constants have none. */
function absorbed(circuit: TestCircuit): number[] {
  const isSquare = /^Commitment_\w+\.step\[\d+\]\.Sbox_\w+\[\d+\]\.square$/;
  return circuit.constraints.flatMap(([element, , [square]]) =>
    square !== undefined && isSquare.test(circuit.nameOf(square[0])) ? withoutConstant(element) : [],
  );
}

/** The wires of a node's two hashes: what stands beside beta and gamma in its term. */
function hashesOf(circuit: TestCircuit, row: number): number[] {
  const roots = circuit.wire(`node[${row}].roots`);
  const product = circuit.constraints.find(([a, , c]) => a.length > 0 && c.length === 1 && c[0]![0] === roots)!;
  const challenges = ["beta", "gamma"].map((name) => circuit.wire(name));
  return product.flatMap(withoutConstant).filter((wire) => wire !== roots && !challenges.includes(wire));
}

const withoutConstant = (combination: readonly (readonly [number, bigint])[]): number[] =>
  combination.map(([wire]) => wire).filter((wire) => wire !== 0);
