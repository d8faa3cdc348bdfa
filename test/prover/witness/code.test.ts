import { expect } from "chai";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { executePlan } from "../../../prover/witness/executor.ts";
import { writePlan } from "../../../prover/witness/plan.ts";
import { CONSTANT, OPCODES, REGISTER, SIGNAL, type Program } from "../../../prover/witness/program.ts";
import { expectCode } from "../../support/errors.ts";
import { needsNative } from "../../support/prover/native.ts";
import { readWitness } from "../../support/prover/planned.ts";

const { copy, multiply, sum, check, divide, equal, select, bits, lookup, call, end } = OPCODES;
const CONSTANTS = [2n, 3n, 5n, 0n];
/** Signals of main: an output, two inputs, and three more. */
const [OUT, A, B, X, Y, Z] = [0, 1, 2, 3, 4, 5].map((place) => SIGNAL + place) as [
  number,
  number,
  number,
  number,
  number,
  number,
];
const counts = (products: number, negatives: number, plus: number, minus: number): number =>
  products + negatives * 2 ** 8 + plus * 2 ** 16 + minus * 2 ** 24;

describe("code of plans", () => {
  let folder: string;
  let files = 0;
  before(async function () {
    folder = await mkdtemp(join(tmpdir(), "sheaf-"));
    await needsNative(this, "sheaf-witness");
  });
  after(() => rm(folder, { recursive: true }));

  /** Runs programs, main last, on the inputs 7 and 11. Main has two registers. */
  async function run(...programs: readonly Program[]): Promise<bigint[]> {
    const path = join(folder, `${files++}.plan`);
    const witness = Uint32Array.from({ length: 7 }, (_, i) => i);
    const data = { inputs: [], witness };
    await writePlan(path, { programs, constants: CONSTANTS, signals: 7, outputs: 1, inputs: 2, data });
    const inputs = Buffer.alloc(64);
    inputs.writeUInt8(7, 0);
    inputs.writeUInt8(11, 32);
    await executePlan(path, inputs, join(folder, "out.wtns"));
    return readWitness(join(folder, "out.wtns"));
  }
  const main = (...code: readonly number[]): Program => ({ code: [...code, end], registers: 2, size: 6 });

  it("does what each instruction says", async () => {
    const results = async (...code: readonly number[]): Promise<bigint[]> => (await run(main(...code))).slice(4);
    expect(await run(main(copy, OUT, A, multiply, X, A, B))).to.deep.equal([1n, 7n, 7n, 11n, 77n, 0n, 0n]);
    // 7 * 11 + 2 * 7 - 3 * 11 + 11 - 5
    const terms = [counts(2, 1, 1, 1), X, A, B, CONSTANT, A, CONSTANT + 1, B, B, CONSTANT + 2];
    expect(await results(sum, ...terms)).to.deep.equal([64n, 0n, 0n]);
    expect(
      await results(multiply, REGISTER + 1, A, B, divide, X, REGISTER + 1, B, divide, Y, A, CONSTANT + 3),
    ).to.deep.equal([7n, 0n, 0n]);
    expect(await results(equal, X, A, A, equal, Y, A, B)).to.deep.equal([1n, 0n, 0n]);
    expect(await results(select, X, A, A, B, select, Y, CONSTANT + 3, A, B)).to.deep.equal([7n, 11n, 0n]);
    expect(await results(bits, 1, 2, X, B, bits, 0, 254, Y, A)).to.deep.equal([1n, 7n, 0n]);
    expect(await results(lookup, 4, X, CONSTANT, A, B, A, B)).to.deep.equal([7n, 0n, 0n]);
    await results(check, counts(1, 1, 0, 0), A, B, B, A);
    await expectCode("WITNESS_FAILED", () => results(check, counts(1, 0, 0, 1), A, B, A));
  });

  it("runs a program for each of its components", async () => {
    const square = { code: [multiply, SIGNAL + 1, SIGNAL, SIGNAL, end], registers: 0, size: 2 };
    expect(await run(square, main(copy, X, A, call, 0, 1, X))).to.deep.equal([1n, 0n, 7n, 11n, 7n, 49n, 0n]);
    const inverse = { code: [divide, SIGNAL, CONSTANT + 1, SIGNAL, end], registers: 0, size: 1 };
    const twice = { code: [call, 0, 2, SIGNAL, SIGNAL + 1, end], registers: 0, size: 2 };
    const [, , a, b] = await run(inverse, twice, main(call, 1, 1, A));
    expect([a, b]).to.deep.equal((await run(inverse, main(call, 0, 2, A, B))).slice(2, 4));
  });

  it("is refused if it could leave its bounds or not end", async () => {
    const bad: Record<string, readonly number[]> = {
      "a constant that is not there": [copy, X, CONSTANT + 4],
      "a register that is not there": [copy, REGISTER + 2, A],
      "a signal that is not there": [copy, SIGNAL + 6, A],
      "a place of no kind": [copy, X, 3 * 2 ** 30],
      "a constant as target": [copy, CONSTANT, A],
      "too many products": [sum, counts(17, 0, 0, 0), X, ...Array.from({ length: 34 }, () => A)],
      "too many products taken away": [check, counts(8, 9, 0, 0), ...Array.from({ length: 34 }, () => A)],
      "no bits": [bits, 0, 0, X, A],
      "more bits than there are": [bits, 0, 255, X, A],
      "bits beyond the highest": [bits, 200, 55, X, A],
      "a shift that wraps around": [bits, 2 ** 32 - 1, 2, X, A],
      "a choice of nothing": [lookup, 0, X, A],
      "a choice of too many": [lookup, 9, X, A, ...Array.from({ length: 9 }, () => B)],
      "a call of itself": [call, 1, 1, A],
      "a call of what is no component": [call, 0, 1, REGISTER],
      "a component that does not fit": [call, 0, 1, Z],
      "operands that are cut off": [sum, counts(2, 0, 0, 0), X, A, B],
      "an end before the end": [end, copy, X, A],
    };
    const part = { code: [copy, SIGNAL, SIGNAL + 1, end], registers: 0, size: 2 };
    for (const [name, code] of Object.entries(bad)) {
      await expectCode("ARTIFACT_CORRUPT", () => run(part, main(...code))).catch((error: Error) => {
        throw new Error(name, { cause: error });
      });
    }
    // Only at run time is it known what is looked up.
    await expectCode("ARTIFACT_CORRUPT", () => run(main(lookup, 2, X, A, A, B)));
  });
});
