import { expect } from "chai";
import { ChaCha, getCurveFromName } from "ffjavascript";
import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { groth16, powersOfTau, wtns, zKey } from "snarkjs";
import { endCurveWorkers } from "../../../prover/backends/curve-workers.ts";
import { readSection, readSections } from "../../../prover/files/binfile.ts";
import { type CompiledCircuit, compileCircuit } from "../../../prover/files/compile.ts";
import { DEVELOPMENT_MARK, makeKey } from "../../../prover/setup/development-key.ts";
import { developmentSetup } from "../../../prover/setup/development.ts";
import * as native from "../../../prover/setup/native.ts";
import { expectCode } from "../../support/errors.ts";
import { needsNative } from "../../support/prover/native.ts";
import { writePowersOfTau } from "../../support/prover/powers-of-tau.ts";
import { writeR1cs } from "../../support/prover/r1cs-file.ts";

/** Sections of a `.zkey` by number. */
const SECTIONS = { Groth16: 2, IC: 3, coefficients: 4, A: 5, B1: 6, B2: 7, C: 8, H: 9 };

describe("development setup", () => {
  let folder: string;
  let circuit: CompiledCircuit;
  const at = (name: string): string => join(folder, name);
  const sectionOf = async (path: string, id: number): Promise<string> => {
    const section = (await readSections(path, "zkey"))?.get(id);
    return section === undefined ? "missing" : (await readSection(path, section)).toString("hex");
  };

  const expectSameSections = async (expected: string, actual: string): Promise<void> => {
    for (const [name, id] of Object.entries(SECTIONS)) {
      const section = await sectionOf(at(expected), id);
      expect(section, name).to.have.length.above(64);
      expect((await sectionOf(at(actual), id)) === section, `${name} is the same`).to.be.true;
    }
  };

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "sheaf-"));
    const source = join(import.meta.dirname, "..", "circuits", "chain.circom");
    circuit = await compileCircuit({ source, outDir: folder });
  });
  after(async () => {
    await endCurveWorkers();
    await rm(folder, { recursive: true });
  });

  it("makes what snarkjs makes with the same secrets, point for point", async () => {
    // snarkjs draws a contribution's secret by itself, but that of a beacon follows from public numbers.
    const beacon = { hash: "0a".repeat(16) + "b7".repeat(16), iterations: 10 };
    const secrets = { tau: 3n ** 150n, alpha: 5n ** 100n + 1n, beta: 7n ** 85n + 2n };
    // The circuit's domain has 2^7 elements. A file for just that domain lacks a power of tau, which leaves other H
    // points: they differ by multiples of a polynomial's coefficient that is always 0.
    await writePowersOfTau(at("tau.ptau"), 8, secrets);
    await powersOfTau.preparePhase2(at("tau.ptau"), at("prepared.ptau"));
    await zKey.newZKey(circuit.r1cs, at("prepared.ptau"), at("first.zkey"));
    await zKey.beacon(at("first.zkey"), at("expected.zkey"), "beacon", beacon.hash, beacon.iterations);

    const delta = await beaconSecret(beacon.hash, beacon.iterations);
    await makeKey(circuit.r1cs, at("ours.zkey"), { ...secrets, delta });

    await expectSameSections("expected.zkey", "ours.zkey");
    // The comparison must be able to fail.
    await makeKey(circuit.r1cs, at("other.zkey"), { ...secrets, delta: delta + 1n });
    const H = await sectionOf(at("other.zkey"), SECTIONS.H);
    expect(H === (await sectionOf(at("ours.zkey"), SECTIONS.H)), "H is the same with another delta").to.be.false;
  });

  it("makes what snarkjs makes of few and short constraints, but for delta", async () => {
    const secrets = { tau: 3n ** 150n, alpha: 5n ** 100n + 1n, beta: 7n ** 85n + 2n };
    const constraints = [
      [[[3, 5n]], [[4, 1n]], [[1, 1n]]] as const,
      ...Array.from({ length: 90 }, () => [[], [], []] as const),
    ];
    await writeR1cs(at("short.r1cs"), { wires: 5, outputs: 1, publicInputs: 1, constraints });
    await zKey.newZKey(at("short.r1cs"), at("prepared.ptau"), at("short-expected.zkey"));
    await makeKey(at("short.r1cs"), at("short.zkey"), { ...secrets, delta: 1n });
    await expectSameSections("short-expected.zkey", "short.zkey");
  });

  describe("in JavaScript", () => itMakesKeys(developmentSetup));
  describe("in native code", () => {
    before(async function () {
      await needsNative(this, "sheaf-setup");
    });
    itMakesKeys(native.developmentSetup);
  });

  function itMakesKeys(setup: typeof developmentSetup): void {
    it("makes a key that proofs can be made and verified with", async () => {
      const progress: number[] = [];
      await setup(circuit.r1cs, at("key.zkey"), (fraction) => progress.push(fraction));
      expect(progress).to.deep.equal(progress.toSorted((a, b) => a - b));
      expect(progress).to.include.members([0, 1]);

      const witness = { type: "mem" } as const;
      await wtns.calculate({ alpha: 7n, z: 0n, x: [11n, 13n] }, circuit.wasm, witness);
      const { proof, publicSignals } = await groth16.prove(at("key.zkey"), witness);
      const key = await zKey.exportVerificationKey(at("key.zkey"));
      expect(await groth16.verify(key, publicSignals, proof)).to.be.true;
      expect(await groth16.verify(key, publicSignals.with(2, "8"), proof)).to.be.false;
      expect(key.vk_delta_2).not.to.deep.equal(key.vk_gamma_2);
    });

    it("draws new secrets each time, and marks the file as insecure", async () => {
      await setup(circuit.r1cs, at("one.zkey"));
      await setup(circuit.r1cs, at("two.zkey"));
      for (const id of [SECTIONS.IC, SECTIONS.H, SECTIONS.B2]) {
        expect((await sectionOf(at("one.zkey"), id)) === (await sectionOf(at("two.zkey"), id))).to.be.false;
      }
      expect(await sectionOf(at("one.zkey"), 10)).to.equal(`${Buffer.from(DEVELOPMENT_MARK).toString("hex")}00000000`);
    });

    it("refuses a damaged circuit and leaves no file behind", async () => {
      const bytes = await readFile(circuit.r1cs);
      const damaged = {
        "cut.r1cs": bytes.subarray(0, bytes.length >> 1),
        "type.r1cs": Buffer.from("zkey and something more"),
        // The first constraint's first wire number, behind the file's head, its first section and the term count.
        "wire.r1cs": overwrite(bytes, await firstTerm(circuit.r1cs), 0xffff),
        // Wires that would take all memory, and have no constraints: only the map of labels tells.
        "wires.r1cs": overwrite(bytes, await wireCount(circuit.r1cs), 2 ** 26),
      };
      for (const [name, content] of Object.entries(damaged)) {
        await writeFile(at(name), content);
        await expectCode("R1CS_MALFORMED", () => setup(at(name), at(`${name}.zkey`)));
      }
      expect((await readdir(folder)).filter((name) => /r1cs\.zkey|tmp/.test(name))).to.be.empty;
    });
  }
});

/** The secret that snarkjs derives from a beacon: a key of ChaCha20 hashed 2^iterations times. */
async function beaconSecret(hash: string, iterations: number): Promise<bigint> {
  let key = Buffer.from(hash, "hex");
  for (let i = 0; i < 2 ** iterations; i++) key = createHash("sha256").update(key).digest();
  const { Fr } = await getCurveFromName("bn128", true);
  return Fr.toObject(Fr.fromRng(new ChaCha(Array.from({ length: 8 }, (_, i) => key.readUInt32BE(4 * i)))));
}

async function firstTerm(path: string): Promise<number> {
  return (await readSections(path, "r1cs"))!.get(2)!.offset + 4;
}

/** Behind the size of an element and the prime. */
async function wireCount(path: string): Promise<number> {
  return (await readSections(path, "r1cs"))!.get(1)!.offset + 36;
}

function overwrite(bytes: Buffer, at: number, value: number): Buffer {
  const copy = Buffer.from(bytes);
  copy.writeUInt32LE(value, at);
  return copy;
}
