import { expect } from "chai";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SheafError } from "../../protocol/errors.ts";
import { compileCircuit } from "../../prover/compile.ts";
import { readR1cs } from "../../prover/r1cs.ts";

describe("compiling circuits", () => {
  let folder: string;
  const write = async (body: string): Promise<string> => {
    const source = join(folder, "cube.circom");
    await writeFile(source, `pragma circom 2.2.0;\n${body}\ncomponent main {public [b]} = Cube();\n`);
    return source;
  };
  const codeOf = (error: unknown): string => (error instanceof SheafError ? error.code : String(error));

  beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), "sheaf-"))));
  afterEach(async () => rm(folder, { recursive: true }));

  it("writes a circuit whose counts and constraints can be read back", async () => {
    const source = await write(`template Cube() {
      signal input a; signal input b; signal output c; signal aa;
      aa <== a * a;
      c <== (3 * aa + 5) * (a + b);
    }`);
    const r1cs = await readR1cs((await compileCircuit({ source, outDir: join(folder, "out") })).r1cs);
    expect(r1cs).to.include({ constraints: 2, wires: 5, outputs: 1, publicInputs: 1, privateInputs: 1, nonZeros: 8 });
    const [a, b, c] = [...r1cs.rows()][1]!;
    const magnitudes = [...a, ...b, ...c].map(([, value]) => (value > r1cs.prime / 2n ? r1cs.prime - value : value));
    expect(magnitudes).to.have.members([3n, 5n, 1n, 1n, 1n]);
  });

  it("reports circom's message, and leaves no old results behind", async () => {
    const source = await write("template Cube() { signal input b; signal output c; c <== b; }");
    const good = await compileCircuit({ source, outDir: folder });
    await write("template Cube() { signal input b; signal output c; c <== b * b * b; }");
    const error = await compileCircuit({ source, outDir: folder }).catch((reason: unknown) => reason);
    expect(codeOf(error)).to.equal("CIRCUIT_COMPILE_FAILED");
    expect((error as SheafError).message).to.contain("Non quadratic constraints");
    const stale = await readR1cs(good.r1cs).catch((reason: unknown) => reason);
    expect(stale).to.have.property("code", "ENOENT");
  });

  it("rejects a file that is no R1CS", async () => {
    const path = join(folder, "other.r1cs");
    await writeFile(path, "wtns and something more");
    expect(codeOf(await readR1cs(path).catch((reason: unknown) => reason))).to.equal("R1CS_MALFORMED");
  });
});
