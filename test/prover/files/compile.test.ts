import { expect } from "chai";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FIELD_ORDER } from "../../../protocol/constants.ts";
import { SheafError } from "../../../protocol/errors.ts";
import { compileCircuit, DEFAULT_INCLUDES } from "../../../prover/files/compile.ts";
import { readR1cs } from "../../../prover/files/r1cs.ts";
import { constraintsOf } from "../../support/circuits/constraints.ts";

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
    const [a, b, c] = constraintsOf(r1cs)[1]!;
    const magnitudes = [...a, ...b, ...c].map(([, value]) => (value > FIELD_ORDER / 2n ? FIELD_ORDER - value : value));
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

  it("finds source, includes and results wherever they are: with spaces, behind links, far from one another", async () => {
    const far = await mkdtemp(join(tmpdir(), "sheaf far away-"));
    try {
      const [libraries, links] = [join(far, ".store", "library@1", "node_modules"), join(folder, "node modules")];
      await mkdir(join(libraries, "library"), { recursive: true });
      await mkdir(join(far, "the build"));
      await mkdir(links);
      await symlink(join(libraries, "library"), join(links, "library"));
      await symlink(join(far, "the build"), join(folder, "build"));
      // The second one includes its neighbour, by its own place, which is not to be taken for another file.
      const square = "template Square() { signal input a; signal output b; b <== a * a; }";
      await writeFile(join(libraries, "library", "square.circom"), square);
      await writeFile(join(libraries, "library", "twice.circom"), 'include "./square.circom";');
      const source = join(folder, "a b.circom");
      await writeFile(
        source,
        'include "library/square.circom"; include "library/twice.circom"; include "circomlib/circuits/poseidon.circom";\n' +
          "component main = Square();",
      );
      const includes = [links, ...DEFAULT_INCLUDES];
      const { r1cs } = await compileCircuit({ source, outDir: join(folder, "build", "a b"), includes });
      expect(await readR1cs(r1cs)).to.include({ constraints: 1 });
    } finally {
      await rm(far, { recursive: true });
    }
  });

  it("rejects a file that is no R1CS", async () => {
    const path = join(folder, "other.r1cs");
    await writeFile(path, "wtns and something more");
    expect(codeOf(await readR1cs(path).catch((reason: unknown) => reason))).to.equal("R1CS_MALFORMED");
  });
});
