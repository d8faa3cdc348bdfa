import { expect } from "chai";
import { createHash } from "node:crypto";
import { copyFile, mkdtemp, readdir, readFile, readlink, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { powersOfTau, zKey, type VerificationKey } from "snarkjs";
import { ensureCompiled, type CircuitArtifacts } from "../../../prover/artifacts/circuit-cache.ts";
import { ensureDevelopmentKey, installProductionKey, loadKey } from "../../../prover/artifacts/key-cache.ts";
import { endCurveWorkers } from "../../../prover/backends/curve-workers.ts";
import { snarkjsProver } from "../../../prover/backends/snarkjs.ts";
import { readSection, readSections } from "../../../prover/files/binfile.ts";
import { closingFiles } from "../../../prover/files/snarkjs-files.ts";
import { BASE_FIELD_ORDER } from "../../../prover/setup/orders.ts";
import { assertPhase2Done } from "../../../prover/setup/phase2.ts";
import { PUBLISHED_HASHES } from "../../../prover/setup/powers-of-tau-hashes.ts";
import { checkPowersOfTau, type PowersOfTauOptions } from "../../../prover/setup/powers-of-tau.ts";
import { applyBeacon, contribute, startCeremony, verifyCeremony } from "../../../prover/setup/production.ts";
import { expectCode } from "../../support/errors.ts";
import { CHAIN_INPUT, chainCircuit } from "../../support/prover/chain-circuit.ts";
import { needsNative } from "../../support/prover/native.ts";
import { writePowersOfTau, writePreparedPowersOfTau } from "../../support/prover/powers-of-tau.ts";

const SECRETS = { tau: 3n ** 140n, alpha: 5n ** 90n, beta: 7n ** 80n };
const BEACON = { hash: "c3".repeat(31) + "d4", iterationsExponent: 10 };

describe("production setup", () => {
  let folder: string;
  let circuit: CircuitArtifacts;
  let ptau: Required<PowersOfTauOptions>;
  const hashes: string[] = [];
  const at = (name: string): string => join(folder, name);

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "sheaf-"));
    circuit = await ensureCompiled(await chainCircuit(), folder);
    await writePowersOfTau(at("raw.ptau"), 8, SECRETS);
    await powersOfTau.preparePhase2(at("raw.ptau"), at("small.ptau"));
    ptau = { path: at("small.ptau"), hash: await blake2b(at("small.ptau")) };

    await startCeremony({ circuit, powersOfTau: ptau, to: at("0.zkey") });
    hashes.push(await contribute({ from: at("0.zkey"), to: at("1.zkey"), name: "Ada", entropy: "dice: 4 2 6" }));
    hashes.push(await contribute({ from: at("1.zkey"), to: at("2.zkey"), name: "Björn" }));
    hashes.push(await applyBeacon({ from: at("2.zkey"), to: at("3.zkey"), name: "block 7", beacon: BEACON }));
  });
  afterEach(async function () {
    // Linux alone tells what a process has open.
    if (process.platform !== "linux") return;
    const links = await Promise.all(
      (await readdir("/proc/self/fd")).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => "")),
    );
    expect(links.filter((path) => /\.(ptau|r1cs|zkey|wtns|wasm)$/.test(path))).to.deep.equal([]);
  });
  after(async () => {
    await endCurveWorkers();
    await rm(folder, { recursive: true });
  });

  describe("powers of tau", () => {
    it("are prepared by snarkjs as the ceremony's test makes them of their secrets", async () => {
      await writePreparedPowersOfTau(at("made.ptau"), 8, SECRETS);
      const [prepared, made] = [at("small.ptau"), at("made.ptau")];
      const sections = (await readSections(prepared, "ptau"))!;
      const others = (await readSections(made, "ptau"))!;
      expect([...others.keys()]).to.have.members([...sections.keys()]);
      for (const [kind, section] of sections) {
        const isSame = (await readSection(prepared, section)).equals(await readSection(made, others.get(kind)!));
        expect(isSame, `section ${kind}`).to.equal(true);
      }
    });

    it("are checked against the hash that was given", async () => {
      const power = 8;
      expect(await checkPowersOfTau(ptau, 7)).to.deep.equal({ ...ptau, power, published: false });
      expect(await checkPowersOfTau({ ...ptau, hash: `0x${ptau.hash.toUpperCase()}` }, 8)).to.include({ power });
    });

    it("are checked against the published hashes if none was given", async () => {
      const error = await expectCode("PTAU_HASH_MISMATCH", () => checkPowersOfTau({ path: ptau.path }, 7));
      expect(error.message).to.contain(PUBLISHED_HASHES[8]).and.to.contain(ptau.hash);
      await expectCode("PTAU_HASH_MISMATCH", () => checkPowersOfTau({ ...ptau, hash: ptau.hash.replace(/.$/, "") }, 7));
    });

    it("have published hashes for each power from 8 to 28, as in snarkjs' README", async () => {
      const readme = await readFile(join(import.meta.dirname, "../../../node_modules/snarkjs/README.md"), "utf8");
      expect(Object.keys(PUBLISHED_HASHES).map(Number)).to.deep.equal(Array.from({ length: 21 }, (_, i) => i + 8));
      for (const [power, hash] of Object.entries(PUBLISHED_HASHES)) {
        const row = readme.split("\n").find((line) => line.startsWith(`|   ${power}   |`));
        expect(row, power).to.match(new RegExp(`\\|\\s*${hash}\\s*\\|`));
      }
    });

    it("are refused if they are damaged, unprepared, missing or too small", async () => {
      const check = (path: string, power = 7): Promise<unknown> => checkPowersOfTau({ ...ptau, path: at(path) }, power);
      await copyFile(ptau.path, at("changed.ptau"));
      const bytes = await readFile(ptau.path);
      bytes[bytes.length >> 1]! ^= 1;
      await writeFile(at("changed.ptau"), bytes);
      await expectCode("PTAU_HASH_MISMATCH", () => check("changed.ptau"));
      for (const size of [0, 5, 40, bytes.length >> 1, bytes.length - 1]) {
        await writeFile(at("cut.ptau"), bytes.subarray(0, size));
        await expectCode("PTAU_MALFORMED", () => check("cut.ptau"));
      }
      await expectCode("PTAU_MALFORMED", () => check("raw.ptau"));
      await expectCode("PTAU_MALFORMED", () => check("0.zkey"));
      await expectCode("FILE_UNREADABLE", () => check("none.ptau"));
      await expectCode("PTAU_TOO_SMALL", () => check("small.ptau", 9));
    });

    it("leave no key behind when they are refused", async () => {
      const start = (path: string): Promise<unknown> =>
        startCeremony({ circuit, powersOfTau: { ...ptau, path: at(path) }, to: at("refused.zkey") });
      await expectCode("PTAU_MALFORMED", () => start("cut.ptau"));
      await expectCode("PTAU_HASH_MISMATCH", () => start("changed.ptau"));
      expect((await readdir(folder)).filter((name) => /refused|tmp/.test(name))).to.be.empty;
    });
  });

  describe("phase 2", () => {
    it("has a transcript with the hashes that the contributors were shown", async () => {
      const transcript = await verifyCeremony({ circuit, powersOfTau: ptau, zkey: at("3.zkey") });
      expect(transcript.contributions).to.deep.equal([
        { name: "Ada", type: "contribution", hash: hashes[0] },
        { name: "Björn", type: "contribution", hash: hashes[1] },
        { name: "block 7", type: "beacon", hash: hashes[2], beacon: BEACON },
      ]);
      expect(new Set(hashes).size).to.equal(3);
      expect(transcript.powersOfTau).to.deep.equal({ power: 8, blake2b512: ptau.hash, published: false });
      expect(transcript.circuit).to.deep.equal({ name: "chain-small", r1csSha256: circuit.hash });
      expect(transcript.key.sha256).to.equal(
        createHash("sha256")
          .update(await readFile(at("3.zkey")))
          .digest("hex"),
      );
    });

    it("begins with the same key, and is verified, whatever makes the first key", async function () {
      await needsNative(this, "sheaf-setup");
      const start = { circuit, powersOfTau: ptau, backend: "snarkjs" } as const;
      await startCeremony({ ...start, to: at("0-snarkjs.zkey") });
      expect((await readFile(at("0-snarkjs.zkey"))).equals(await readFile(at("0.zkey")))).to.be.true;
      expect(await closingFiles(() => zKey.verifyFromR1cs(circuit.r1cs, ptau.path, at("3.zkey")))).to.be.true;
      const check = { circuit, powersOfTau: ptau, zkey: at("3.zkey") };
      const transcript = await verifyCeremony({ ...check, backend: "snarkjs" });
      expect(transcript).to.deep.equal(await verifyCeremony({ ...check, backend: "native" }));
      const other = await ensureCompiled(await chainCircuit(81), folder);
      for (const backend of ["snarkjs", "native"] as const) {
        await expectCode("CEREMONY_INVALID", () => verifyCeremony({ ...check, circuit: other, backend }));
      }
    });

    it("draws a new secret for each contribution, whatever entropy is given", async () => {
      const again = {
        from: at("0.zkey"),
        to: join(at("new folder"), "again.zkey"),
        name: "Ada",
        entropy: "dice: 4 2 6",
      };
      expect(await contribute(again)).not.to.equal(hashes[0]);
      const beacon = { from: at("2.zkey"), to: at("beacon.zkey"), name: "block 7", beacon: BEACON };
      expect(await applyBeacon(beacon)).to.equal(hashes[2]);
    });

    it("overwrites no key", async () => {
      const before = await readFile(at("1.zkey"));
      await expectCode("KEY_EXISTS", () => startCeremony({ circuit, powersOfTau: ptau, to: at("1.zkey") }));
      await expectCode("KEY_EXISTS", () => contribute({ from: at("0.zkey"), to: at("1.zkey"), name: "Eve" }));
      expect(before.equals(await readFile(at("1.zkey")))).to.be.true;
    });

    it("refuses beacons that are none, and keys that are damaged or from a development setup", async () => {
      const step = { from: at("2.zkey"), to: at("new.zkey"), name: "x" };
      for (const beacon of [
        { ...BEACON, hash: "" },
        { ...BEACON, hash: "abc" },
        { ...BEACON, hash: "xy" },
        { ...BEACON, hash: "ab".repeat(256) },
        { ...BEACON, iterationsExponent: 9 },
        { ...BEACON, iterationsExponent: 64 },
        { ...BEACON, iterationsExponent: 10.5 },
      ]) {
        await expectCode("BEACON_INVALID", () => applyBeacon({ ...step, beacon }));
      }
      const development = (await ensureDevelopmentKey(circuit, folder)).zkey;
      await expectCode("KEY_INSECURE", () => contribute({ ...step, from: development }));
      await copyFile(at("2.zkey"), at("cut.zkey"));
      await truncate(at("cut.zkey"), (await readFile(at("2.zkey"))).length - 1);
      await expectCode("KEY_MALFORMED", () => contribute({ ...step, from: at("cut.zkey") }));
      await expectCode("KEY_MALFORMED", () => applyBeacon({ ...step, from: ptau.path, beacon: BEACON }));
      await expectCode("FILE_UNREADABLE", () => contribute({ ...step, from: at("none.zkey") }));
      expect((await readdir(folder)).filter((name) => /new\.zkey|tmp/.test(name))).to.be.empty;
    });

    it("rejects keys without contributions, of another circuit, or with points changed", async () => {
      const verify = (zkey: string, of = circuit): Promise<unknown> =>
        verifyCeremony({ circuit: of, powersOfTau: ptau, zkey });
      await expectCode("CEREMONY_INVALID", () => verify(at("0.zkey")));
      const other = await ensureCompiled(await chainCircuit(81), folder);
      await expectCode("CEREMONY_INVALID", () => verify(at("3.zkey"), other));
      await expectCode("KEY_INSECURE", async () => verify((await ensureDevelopmentKey(circuit, folder)).zkey));

      // The last point of H, which no equality with the first key covers, replaced by the one before it.
      const bytes = await readFile(at("3.zkey"));
      const H = await sectionEnd(at("3.zkey"), 9);
      bytes.copy(bytes, H - 64, H - 128, H - 64);
      await writeFile(at("forged.zkey"), bytes);
      await expectCode("CEREMONY_INVALID", () => verify(at("forged.zkey")));
    });

    it("gives a production key that proofs can be made with", async () => {
      const check = { circuit, powersOfTau: ptau, zkey: at("3.zkey") };
      await expectCode("CEREMONY_INVALID", () => installProductionKey({ ...check, zkey: at("0.zkey") }, folder));
      await expectCode("KEY_MISSING", () => loadKey(circuit, "production", folder));
      const key = await installProductionKey(check, folder);
      expect(key.setup).to.equal("production");
      expect(JSON.parse(await readFile(join(key.folder, "transcript.json"), "utf8"))).to.deep.equal(
        await verifyCeremony(check),
      );
      const prover = snarkjsProver({ ...circuit, ...key });
      expect((await prover.prove(CHAIN_INPUT)).publicSignals[2]).to.equal("7");
      await expectCode("KEY_EXISTS", () => installProductionKey(check, folder));
    });

    it("is seen to be done, or not, in the verification key", async () => {
      const first = await zKey.exportVerificationKey(at("0.zkey"));
      const last = await zKey.exportVerificationKey(at("3.zkey"));
      expect(() => assertPhase2Done(last)).not.to.throw();
      const [x, y, z] = last.vk_gamma_2;
      const flip = (value: string): string => String(BASE_FIELD_ORDER - BigInt(value));
      const forgeable: VerificationKey["vk_delta_2"][] = [
        first.vk_delta_2,
        [x, [flip(y[0]), flip(y[1])], z],
        [
          ["0", "0"],
          ["1", "0"],
          ["0", "0"],
        ],
      ];
      for (const vk_delta_2 of forgeable) {
        await expectCode("KEY_INSECURE", () => assertPhase2Done({ ...last, vk_delta_2 }));
      }
    });
  });
});

async function blake2b(path: string): Promise<string> {
  return createHash("blake2b512")
    .update(await readFile(path))
    .digest("hex");
}

async function sectionEnd(path: string, id: number): Promise<number> {
  const section = (await readSections(path, "zkey"))!.get(id)!;
  return section.offset + section.size;
}
