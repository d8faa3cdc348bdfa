import { expect } from "chai";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { chmod, copyFile, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { FIELD_ORDER } from "../../../protocol/constants.ts";
import { ensureCompiled, type CircuitArtifacts } from "../../../prover/artifacts/circuit-cache.ts";
import { ensureDevelopmentKey, type KeyArtifacts } from "../../../prover/artifacts/key-cache.ts";
import { makeProver } from "../../../prover/backends/make-prover.ts";
import { verifiedProof } from "../../../prover/backends/native.ts";
import { verifyProof } from "../../../prover/backends/snarkjs.ts";
import { ensureNative } from "../../../prover/native/build.ts";
import { NativeService } from "../../../prover/native/service.ts";
import { circomWitness } from "../../../prover/witness/circom.ts";
import { expectCode } from "../../support/errors.ts";
import { CHAIN_INPUT, chainCircuit } from "../../support/prover/chain-circuit.ts";
import { needsNative } from "../../support/prover/native.ts";
import { LONG, seeded } from "../../support/random.ts";

const ROOT = resolve(import.meta.dirname, "../../..");
const run = promisify(execFile);

/** Where sections begin in iden3's container, by kind: the first byte after a section's length. */
function sectionsOf(file: Buffer): Map<number, { at: number; size: number }> {
  const sections = new Map<number, { at: number; size: number }>();
  for (let at = 12; at < file.length;) {
    const size = Number(file.readBigUInt64LE(at + 4));
    sections.set(file.readUInt32LE(at), { at: at + 12, size });
    at += 12 + size;
  }
  return sections;
}

describe("proving natively", () => {
  let folder: string;
  let circuit: CircuitArtifacts;
  let key: KeyArtifacts;
  let witness: Uint8Array;
  let executable: string;
  let service: NativeService;

  before(async function () {
    folder = await mkdtemp(join(tmpdir(), "sheaf-"));
    await needsNative(this, "sheaf-prover", "sheaf-witness");
    circuit = await ensureCompiled(await chainCircuit(), folder);
    key = await ensureDevelopmentKey(circuit, folder);
    witness = await circomWitness(CHAIN_INPUT, circuit.wasm);
    executable = await ensureNative("sheaf-prover");
    service = new NativeService(executable);
  });
  after(async () => {
    await (service as NativeService | undefined)?.close(); // none without a compiler
    await rm(folder, { recursive: true });
  });

  /** A file of the folder with these contents. */
  async function file(name: string, contents: Uint8Array): Promise<string> {
    const path = join(folder, name);
    await writeFile(path, contents);
    return path;
  }

  /** A copy of the key or witness with something changed. */
  async function changed(source: Uint8Array, name: string, change: (copy: Buffer) => Buffer | void): Promise<string> {
    const copy = Buffer.from(source);
    return file(name, change(copy) ?? copy);
  }

  it("makes proofs that snarkjs verifies, each with its own blinding", async () => {
    const one = await service.prove(key.zkey, witness);
    const two = await service.prove(key.zkey, await file("witness.wtns", witness));
    for (const proof of [one, two]) expect(await verifyProof(key.verificationKey, proof)).to.be.true;
    expect(one.publicSignals).to.deep.equal(two.publicSignals);
    expect(one.publicSignals[2]).to.equal(String(CHAIN_INPUT.alpha));
    for (const point of ["pi_a", "pi_b", "pi_c"] as const) expect(one.proof[point]).not.to.deep.equal(two.proof[point]);
  });

  it("proves random witnesses", async () => {
    const random = seeded("native proofs");
    for (let i = 0; i < (LONG ? 200 : 3); i++) {
      // The circuit takes 0 and 11 for x[0].
      const input = { alpha: random.field(), z: random.field(), x: [i % 2 === 0 ? 0n : 11n, random.field()] };
      const proof = await service.prove(key.zkey, await circomWitness(input, circuit.wasm));
      expect(await verifyProof(key.verificationKey, proof), `proof ${i}`).to.be.true;
    }
  });

  it("proves behind the interface of all back ends, and by choice with snarkjs", async () => {
    const notes: string[] = [];
    const prover = await makeProver({ ...circuit, ...key }, { onNote: (note) => notes.push(note) });
    expect(notes, "with a plan").to.deep.equal([]);
    expect(prover.backend).to.equal("native");
    const phases: string[] = [];
    const made = await prover.prove(CHAIN_INPUT, (phase) => phases.push(phase));
    expect(phases).to.deep.equal(["matrices", "quotient", "sums"]);
    expect(await verifyProof(key.verificationKey, made)).to.be.true;
    await expectCode("WITNESS_FAILED", () => prover.prove({ alpha: 7n, z: 0n, x: [11n] }));
    await prover.close();
    const slow = await makeProver({ ...circuit, ...key }, { backend: "snarkjs" });
    expect(slow.backend).to.equal("snarkjs");
    await slow.close();
  });

  it("says so where there is no plan of the witnesses", async () => {
    const notes: string[] = [];
    const prover = await makeProver({ ...circuit, plan: undefined, ...key }, { onNote: (note) => notes.push(note) });
    await prover.close();
    expect(notes.join()).to.match(/computing witnesses with circom's generator/);
  });

  it("reports its phases in order", async () => {
    const phases: string[] = [];
    const { phases: times } = await service.prove(key.zkey, witness, (phase) => phases.push(phase));
    expect(phases).to.deep.equal(["matrices", "quotient", "sums"]);
    expect(Object.keys(times)).to.deep.equal(phases);
  });

  it("refuses a key that is damaged or no key for it", async () => {
    const zkey = await readFile(key.zkey);
    const sections = sectionsOf(zkey);
    const at = (section: number, offset = 0) => sections.get(section)!.at + offset;
    const refused = async (name: string, change: (copy: Buffer) => Buffer | void) =>
      expectCode("KEY_MALFORMED", async () => service.load(await changed(zkey, `${name}.zkey`, change)));
    await refused("truncated", (copy) => copy.subarray(0, copy.length - 1000));
    await refused("magic", (copy) => void copy.write("wtns", 0));
    await refused("version", (copy) => void copy.writeUInt32LE(9, 4));
    await refused("protocol", (copy) => void copy.writeUInt32LE(2, at(1)));
    await refused("base-field", (copy) => void (copy[at(2, 10)]! ^= 1));
    await refused("scalar-field", (copy) => void (copy[at(2, 46)]! ^= 1));
    await refused("signals", (copy) => void copy.writeUInt32LE(copy.readUInt32LE(at(2, 72)) + 1, at(2, 72)));
    await refused("public-signals", (copy) => void copy.writeUInt32LE(1 << 30, at(2, 76)));
    await refused("domain", (copy) => void copy.writeUInt32LE(100, at(2, 80)));
    await refused("header-point", (copy) => void (copy[at(2, 84 + 3)]! ^= 1));
    await refused("coefficient-row", (copy) => void copy.writeUInt32LE(1 << 7, at(4, 4 + 4)));
    await refused("coefficient-signal", (copy) => void copy.writeUInt32LE(0xffffff, at(4, 4 + 8)));
    await refused("coefficient-value", (copy) => void copy.fill(0xff, at(4, 4 + 12), at(4, 4 + 44)));
    await refused("coefficient-count", (copy) => void copy.writeUInt32LE(7, at(4)));
    for (const section of [5, 6, 7, 8, 9]) {
      // The last points of each section: the first ones of B may be infinity.
      const { at: begin, size } = sections.get(section)!;
      await refused(`off-curve-${section}`, (copy) => void (copy[begin + size - 64]! ^= 1));
      await refused(`unreduced-${section}`, (copy) => void copy.fill(0xff, begin + size - 32, begin + size));
      await refused(`missing-${section}`, (copy) => void copy.writeUInt32LE(99, begin - 12));
    }
    await expectCode("FILE_UNREADABLE", () => service.load(join(folder, "nowhere.zkey")));
    await expectCode("FILE_UNREADABLE", () => service.load(folder));
  });

  it("refuses a witness that is damaged or another circuit's", async () => {
    const at = (section: number, offset = 0) => sectionsOf(Buffer.from(witness)).get(section)!.at + offset;
    const refused = async (name: string, change: (copy: Buffer) => Buffer | void) => {
      const path = await changed(witness, `${name}.wtns`, change);
      await expectCode("WITNESS_MALFORMED", () => service.prove(key.zkey, path));
      await expectCode("WITNESS_MALFORMED", async () => service.prove(key.zkey, await readFile(path)));
    };
    await refused("truncated", (copy) => copy.subarray(0, copy.length - 32));
    await refused("magic", (copy) => void copy.write("zkey", 0));
    await refused("field", (copy) => void (copy[at(1, 10)]! ^= 1));
    await refused("length", (copy) => void copy.writeUInt32LE(copy.readUInt32LE(at(1, 36)) - 1, at(1, 36)));
    await refused("section-length", (copy) => {
      copy.writeBigUInt64LE(copy.readBigUInt64LE(at(2) - 8) - 32n, at(2) - 8);
      return copy.subarray(0, copy.length - 32);
    });
    await refused("value-unreduced", (copy) => {
      Buffer.from(FIELD_ORDER.toString(16).padStart(64, "0"), "hex").reverse().copy(copy, at(2, 64));
    });
    await refused("one", (copy) => void (copy[at(2)] = 2));
    await expectCode("FILE_UNREADABLE", () => service.prove(key.zkey, join(folder, "nowhere.wtns")));
    expect(await verifyProof(key.verificationKey, await service.prove(key.zkey, witness))).to.be.true;
  });

  it("leaves no partial proof when the disk is full", async () => {
    const path = await file("full.wtns", witness);
    const call = run(executable, ["prove", key.zkey, path, "/dev/full", join(folder, "public.json")]);
    const { stderr, code } = await call.then(
      () => ({ stderr: "", code: 0 }),
      (error: { stderr: string; code: number }) => error,
    );
    expect(code).to.equal(1);
    expect((JSON.parse(stderr) as { error: string }).error).to.equal("FILE_UNWRITABLE");
  });

  it("makes a proof although its process is killed at it", async () => {
    let isKilled = false;
    const made = await service.prove(key.zkey, witness, () => {
      if (!isKilled) process.kill(service.pid!, "SIGKILL");
      isKilled = true;
    });
    expect(isKilled).to.be.true;
    expect(await verifyProof(key.verificationKey, made)).to.be.true;
    expect(await verifyProof(key.verificationKey, await service.prove(key.zkey, witness))).to.be.true;
  });

  it("ends the process with `close`, and with Node", async () => {
    const other = new NativeService(executable);
    await other.prove(key.zkey, witness);
    const pid = other.pid!;
    await other.close();
    expect(isRunning(pid)).to.be.false;

    // No `close`: Node must end by itself, and the process with it.
    const script = join(folder, "open.mjs");
    await writeFile(
      script,
      `import { NativeService } from ${JSON.stringify(join(ROOT, "prover", "native", "service.ts"))};
       const service = new NativeService(${JSON.stringify(executable)});
       await service.load(${JSON.stringify(key.zkey)});
       console.log(service.pid);`,
    );
    const { stdout } = await run(process.execPath, ["--disable-warning=ExperimentalWarning", script]);
    for (let i = 0; i < 100 && isRunning(Number(stdout)); i++) await new Promise((done) => setTimeout(done, 50));
    expect(isRunning(Number(stdout))).to.be.false;
  });

  it("says what is wrong when there is no compiler, a broken one, or nowhere to keep what it makes", async () => {
    const build = (CXX: string, prelude = "") =>
      run(
        process.execPath,
        [
          "--disable-warning=ExperimentalWarning",
          "--input-type=module",
          "--eval",
          `${prelude}
           const { makeProver } = await import(${JSON.stringify(join(ROOT, "prover", "backends", "make-prover.ts"))});
           let note = "none";
           const prover = await makeProver({}, { onNote: (text) => (note = text) });
           const failure = await makeProver({}, { backend: "native" }).catch((error) => error.code);
           console.log(JSON.stringify({ backend: prover.backend, note, failure }));`,
        ],
        { env: { ...process.env, CXX, SHEAF_NATIVE_FOLDER: "" } },
      ).then(({ stdout }) => JSON.parse(stdout) as { backend: string; note: string; failure: string });
    const missing = await build(join(folder, "no-compiler"));
    expect([missing.backend, missing.failure]).to.deep.equal(["snarkjs", "NATIVE_UNAVAILABLE"]);
    expect(missing.note).to.contain("no-compiler");
    const script = join(folder, "broken-compiler");
    await writeFile(
      script,
      '#!/bin/sh\n[ "$1" = --version ] && echo "broken 1.0" && exit 0\necho no luck >&2\nexit 1\n',
    );
    await chmod(script, 0o755);
    const broken = await build(script);
    expect([broken.backend, broken.failure]).to.deep.equal(["snarkjs", "NATIVE_BUILD_FAILED"]);
    expect(broken.note).to.contain("no luck");
    // As where a package lies that another user has installed.
    const readOnly = await build(
      script,
      `import fs from "node:fs/promises";
       import { syncBuiltinESMExports } from "node:module";
       fs.mkdir = () => Promise.reject(new Error("EROFS: read-only file system"));
       syncBuiltinESMExports();`,
    );
    expect([readOnly.backend, readOnly.failure]).to.deep.equal(["snarkjs", "NATIVE_BUILD_FAILED"]);
    expect(readOnly.note).to.contain("EROFS");
  });

  it("refuses a witness that does not satisfy the circuit, and tells it from a key of another circuit", async () => {
    const keys = { ...circuit, ...key };
    // The last signal, which no output depends on alone.
    const { at, size } = sectionsOf(Buffer.from(witness)).get(2)!;
    const forged = await changed(witness, "forged.wtns", (copy) => void (copy[at + size - 32]! ^= 1));
    await expectCode("WITNESS_UNSATISFIED", () => verifiedProof(service, keys, forged));
    const other = await ensureDevelopmentKey(circuit, join(folder, "other"));
    const wrongKey = { ...keys, verificationKey: other.verificationKey };
    await expectCode("PROOF_INVALID", () => verifiedProof(service, wrongKey, witness));
    expect(await verifiedProof(service, keys, witness)).to.have.property("publicSignals");
  });

  it("takes the key that stands under a path now, not the one that it has loaded", async () => {
    const zkey = join(folder, "replaced.zkey");
    const other = await ensureDevelopmentKey(circuit, join(folder, "other"));
    for (const { zkey: from, verificationKey } of [key, other, key]) {
      await copyFile(from, `${zkey}.new`);
      await rename(`${zkey}.new`, zkey);
      expect(await verifyProof(verificationKey, await service.prove(zkey, witness))).to.be.true;
    }
  });
});

/** One that has ended does not run, even if nobody has asked how it ended: in a container, nobody may. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return process.platform !== "linux" || !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}
