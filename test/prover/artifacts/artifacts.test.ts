import { expect } from "chai";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { BATCH_SIZES } from "../../../protocol/constants.ts";
import { batchCircuit, verifierName } from "../../../prover/artifacts/artifacts.ts";
import { ensureCompiled, type CircuitArtifacts } from "../../../prover/artifacts/circuit-cache.ts";
import { ensureDevelopmentKey, loadKey, type KeyArtifacts } from "../../../prover/artifacts/key-cache.ts";
import { writeVerifier } from "../../../prover/artifacts/verifier.ts";
import { endCurveWorkers } from "../../../prover/backends/curve-workers.ts";
import { expectCode } from "../../support/errors.ts";
import { chainCircuit } from "../../support/prover/chain-circuit.ts";

const ROOT = resolve(import.meta.dirname, "../../..");

describe("artifacts", () => {
  let folder: string;
  let circuit: CircuitArtifacts;
  let key: KeyArtifacts;
  const json = async (path: string): Promise<Record<string, unknown>> => JSON.parse(await readFile(path, "utf8"));

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "sheaf-"));
    circuit = await ensureCompiled(await chainCircuit(), folder);
    key = await ensureDevelopmentKey(circuit, folder);
  });
  afterEach(async () => rm(folder, { recursive: true }));
  after(endCurveWorkers);

  it("names a batch size's main component after the constants", () => {
    const [first] = BATCH_SIZES;
    expect(batchCircuit(first!).main).to.match(/component main \{public \[alpha, z\]\} = Batch\(4, 5, 2, 1, 7, 22\);/);
  });

  it("says in manifests what the files are", async () => {
    expect(await json(join(circuit.folder, "manifest.json"))).to.deep.include({ counts: circuit.counts });
    expect(circuit.counts).to.include({ outputs: 2, publicInputs: 2, privateInputs: 2, domainPower: 7 });
    expect(await json(join(key.folder, "manifest.json"))).to.deep.include({
      size: "chain-small",
      circuitHash: circuit.hash,
      keyHash: key.hash,
      setup: "development-INSECURE",
    });
    expect(key.zkey).to.match(/INSECURE-development\.zkey$/);
    expect(key.verificationKey.nPublic).to.equal(4);
    expect((await readdir(folder)).filter((name) => name.startsWith("."))).to.be.empty;
  });

  it("builds nothing twice, and everything anew for another circuit", async () => {
    const before = (await stat(key.zkey)).mtimeMs;
    expect(await ensureCompiled(await chainCircuit(), folder)).to.deep.equal(circuit);
    expect((await ensureDevelopmentKey(circuit, folder)).hash).to.equal(key.hash);
    expect((await stat(key.zkey)).mtimeMs).to.equal(before);

    const other = await ensureCompiled(await chainCircuit(81), folder);
    expect(other.hash).not.to.equal(circuit.hash);
    expect((await ensureDevelopmentKey(other, folder)).hash).not.to.equal(key.hash);
  });

  it("keeps the key when only a circuit's comments change", async () => {
    const source = await chainCircuit();
    const commented = await ensureCompiled({ ...source, main: `${source.main}\n// A remark.\n` }, folder);
    expect(commented.folder).not.to.equal(circuit.folder);
    expect((await ensureDevelopmentKey(commented, folder)).hash).to.equal(key.hash);
  });

  it("compiles anew when an included file changes", async () => {
    const main = 'pragma circom 2.2.0;\ninclude "part.circom";\ncomponent main = Part();\n';
    const part = (factor: number): string =>
      `template Part() { signal input a; signal output b; b <== ${factor} * a * a; }`;
    // circom reads included files below the folder that it runs in alone: the repository.
    const includes = join(ROOT, "build", `test-includes-${process.pid}`);
    const compile = async (factor: number): Promise<string> => {
      await writeFile(join(includes, "part.circom"), part(factor));
      return (await ensureCompiled({ name: "part", main, includes: [includes] }, folder)).hash;
    };
    await mkdir(includes, { recursive: true });
    try {
      const first = await compile(3);
      expect(await compile(5)).not.to.equal(first);
      expect(await compile(3)).to.equal(first);
    } finally {
      await rm(includes, { recursive: true });
    }
  });

  it("detects files that were changed, cut off or taken away", async () => {
    const source = await chainCircuit();
    for (const name of ["circuit.r1cs", "circuit.wasm", "circuit.sym"]) {
      await damaged(join(circuit.folder, name), () => ensureCompiled(source, folder));
    }
    for (const path of [key.zkey, key.verificationKeyPath]) {
      await damaged(path, () => loadKey(circuit, key.setup, folder));
      await damaged(path, () => ensureDevelopmentKey(circuit, folder));
    }
    await rm(join(key.folder, "manifest.json"));
    await expectCode("ARTIFACT_CORRUPT", () => loadKey(circuit, key.setup, folder));
    await rm(key.folder, { recursive: true });
    await expectCode("KEY_MISSING", () => loadKey(circuit, key.setup, folder));
    await expectCode("KEY_MISSING", () => loadKey(circuit, "production", folder));
  });

  it("detects a key of another circuit, and a development key in a production key's place", async () => {
    const other = await ensureCompiled(await chainCircuit(81), folder);
    const otherKey = await ensureDevelopmentKey(other, folder);
    await rm(key.folder, { recursive: true });
    await cp(otherKey.folder, key.folder, { recursive: true });
    await expectCode("ARTIFACT_MISMATCH", () => loadKey(circuit, key.setup, folder));
    await cp(otherKey.folder, join(otherKey.folder, "..", "production"), { recursive: true });
    await expectCode("ARTIFACT_MISMATCH", () => loadKey(other, "production", folder));
  });

  it("leaves nothing behind when a step fails", async () => {
    await expectCode("CIRCUIT_COMPILE_FAILED", () =>
      ensureCompiled({ name: "broken", main: "component main = Missing();", includes: [] }, folder),
    );
    expect((await readdir(folder)).filter((name) => name.includes("broken"))).to.be.empty;
    await truncate(circuit.r1cs, 100);
    await rm(key.folder, { recursive: true });
    await expectCode("R1CS_MALFORMED", () => ensureDevelopmentKey(circuit, folder));
    expect(await readdir(join(key.folder, ".."))).to.be.empty;
  });

  it("writes a verifier contract that says how its key was made", async () => {
    const { contractName, path } = await writeVerifier(circuit.name, key, join(folder, "verifiers"));
    expect(contractName).to.equal("DevelopmentVerifierChainSmall");
    const source = await readFile(path, "utf8");
    expect(source).to.match(/contract DevelopmentVerifierChainSmall \{\s+string public constant SETUP = "INSECURE/);
    expect(source).to.contain(`KEY_HASH = 0x${key.hash};`);
    expect(source).to.contain(`deltax1 = ${key.verificationKey.vk_delta_2[0][1]};`);
    expect(source).not.to.contain("Groth16Verifier");
    expect(verifierName("batch-16", "production")).to.equal("VerifierBatch16");

    const before = (await stat(path)).mtimeMs;
    await writeVerifier(circuit.name, key, join(folder, "verifiers"));
    expect((await stat(path)).mtimeMs).to.equal(before);
  });

  /** Expects `action` to notice a changed byte, a missing end and a missing file; puts the file back. */
  async function damaged(path: string, action: () => Promise<unknown>): Promise<void> {
    const content = await readFile(path);
    const changed = Buffer.from(content);
    changed[changed.length - 7]! ^= 1;
    for (const wrong of [changed, content.subarray(0, content.length - 1), undefined]) {
      await (wrong === undefined ? rm(path) : writeFile(path, wrong));
      await expectCode("ARTIFACT_CORRUPT", action);
    }
    await writeFile(path, content);
  }
});
