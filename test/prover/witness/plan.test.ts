import { expect } from "chai";
import fc from "fast-check";
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { buildBatch } from "../../../protocol/batch.ts";
import { BATCH_SIZES, FIELD_ORDER } from "../../../protocol/constants.ts";
import { ensureCircuit } from "../../../prover/artifacts/artifacts.ts";
import { ensureCompiled } from "../../../prover/artifacts/circuit-cache.ts";
import { describedBatch } from "../../../prover/files/batch-description.ts";
import { exampleBatch } from "../../../prover/files/example-batch.ts";
import { makeWitness } from "../../../prover/witness/source.ts";
import type { CircuitInput } from "../../support/circuits/circuit.ts";
import { batchPlans, Scenario } from "../../support/protocol/random-batches.ts";
import { needsNative } from "../../support/prover/native.ts";
import { PlannedCircuit } from "../../support/prover/planned.ts";
import { LONG, seeded } from "../../support/random.ts";

const ROOT = resolve(import.meta.dirname, "../../..");
const CACHE = join(ROOT, "build", "test-circuits");

/** A circuit with one template as its main component. */
const templateCircuit = (file: string, template: string) =>
  ensureCompiled(
    {
      name: `planned-${template.replace(/\W+/g, "-")}`,
      main: `pragma circom 2.2.0;\ninclude "${file}";\ncomponent main = ${template};\n`,
      includes: [join(ROOT, "circuits")],
    },
    CACHE,
  );

const edges = [0n, 1n, 2n, FIELD_ORDER - 1n, FIELD_ORDER / 2n, FIELD_ORDER / 2n + 1n, 2n ** 253n, 2n ** 128n];
const element = fc.oneof(fc.constantFrom(...edges), fc.bigInt(0n, FIELD_ORDER - 1n));

describe("witnesses by plan are circom's", () => {
  const random = seeded("prover/witness-plan");
  before(async function () {
    await needsNative(this, "sheaf-witness");
  });

  it("in a circuit with everything that a program for a witness has", async () => {
    const main = await readFile(join(import.meta.dirname, "..", "circuits", "operators.circom"), "utf8");
    const circuit = await PlannedCircuit.open(await ensureCompiled({ name: "operators", main, includes: [] }, CACHE));
    const wantedFor = (a: bigint): bigint => ((a * (a + 1n) + 2n) * a * (a + 1n)) % FIELD_ORDER;
    const inputs = fc.record({
      a: element,
      b: element,
      same: fc.boolean(),
      small: fc.nat(255).map(BigInt),
      matrix: fc.array(fc.tuple(element, element), { minLength: 3, maxLength: 3 }),
    });
    const property = fc.asyncProperty(inputs, async ({ a, b, same, small, matrix }) => {
      const input = { a, b: same ? a : b, small, matrix, wanted: wantedFor(a) };
      expect(await circuit.expectSame(input)).to.be.true;
      // Refused by the last of its parts, by an input that nothing waits for, by the range of a number.
      expect(await circuit.expectSame({ ...input, wanted: input.wanted + 1n })).to.be.false;
      expect(await circuit.expectSame({ ...input, small: small + 256n })).to.be.false;
    });
    await fc.assert(property, { numRuns: LONG ? 300 : 12 });
  });

  it("in templates, at the edges of their ranges and beyond", async () => {
    const check = async (file: string, template: string, inputs: readonly CircuitInput[]): Promise<boolean[]> => {
      const circuit = await PlannedCircuit.open(await templateCircuit(file, template));
      const accepted: boolean[] = [];
      for (const input of inputs) accepted.push(await circuit.expectSame(input));
      return accepted;
    };
    const numbers = [0n, 1n, 2n ** 39n, 2n ** 40n - 1n, 2n ** 40n, FIELD_ORDER - 1n].map((value) => ({ in: value }));
    const inRange = [true, true, true, true, false, false];
    expect(await check("bits.circom", "RangeCheck(40)", numbers)).to.deep.equal(inRange);
    const quotients = [
      { numerator: random.field(), denominator: random.field() },
      { numerator: 0n, denominator: 0n },
      { numerator: 5n, denominator: 0n },
    ];
    expect(await check("bits.circom", "Quotient()", quotients)).to.deep.equal([true, true, false]);
    const hashed = { inputs: Array.from({ length: 5 }, random.field) };
    expect(await check("poseidon.circom", "Poseidon(5)", [hashed])).to.deep.equal([true]);
    // Odd and even, the smallest and the largest; the numbers above the order stand for none.
    const scalars = [0n, 1n, random.below(2n ** 250n), random.below(2n ** 250n) | 1n];
    const multiples = await check(
      "fixed_base.circom",
      "FixedBaseMultiply()",
      scalars.map((scalar) => ({ scalar })),
    );
    expect(multiples).to.deep.equal([true, true, true, true]);
  });

  it("in batches of the smallest size, whatever is in them, and refuses what circom refuses", async () => {
    const size = BATCH_SIZES[0]!;
    const circuit = await PlannedCircuit.open(await ensureCircuit(size));
    const scenario = new Scenario();
    for (const plan of fc.sample(batchPlans, LONG ? 60 : 4)) {
      const request = scenario.request(size, plan);
      const { input } = buildBatch(scenario.state, size, request);
      scenario.accepted(request);
      expect(await circuit.expectSame(input)).to.be.true;
      for (let i = 0; i < (LONG ? 30 : 4); i++) await circuit.expectSame(changed(input, random.below));
    }
  }).timeout(LONG ? "60m" : "5m");

  it("in batches of the larger sizes", async function () {
    if (!LONG) this.skip();
    for (const size of BATCH_SIZES.slice(1)) {
      const { state, request } = describedBatch(exampleBatch(size));
      const { input } = buildBatch(state, size, request);
      const { wasm, plan } = await ensureCircuit(size);
      const made = [await makeWitness(input, { wasm, plan }), await makeWitness(input, { wasm })];
      expect(made.map(({ by }) => by)).to.deep.equal(["plan", "circom"]);
      const [byPlan, byCircom] = await Promise.all(made.map(({ path }) => readFile(path)));
      expect(byPlan!.equals(byCircom!), size.name).to.be.true;
      for (const witness of made) await witness.discard();
    }
  }).timeout("30m");
});

/** The input with one of its values, whichever, one higher. */
function changed(input: CircuitInput, below: (bound: bigint) => bigint): CircuitInput {
  const names = Object.keys(input);
  const name = names[Number(below(BigInt(names.length)))]!;
  const change = (value: CircuitInput[string]): CircuitInput[string] => {
    if (typeof value !== "object") return BigInt(value) + 1n;
    if (value.length === 0) return value;
    const at = Number(below(BigInt(value.length)));
    return value.with(at, change(value[at]!));
  };
  return { ...input, [name]: change(input[name]!) };
}
