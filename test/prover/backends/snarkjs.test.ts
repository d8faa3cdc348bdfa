import { bn254 } from "@noble/curves/bn254.js";
import { expect } from "chai";
import { getCurveFromName, type Group } from "ffjavascript";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { FIELD_ORDER } from "../../../protocol/constants.ts";
import { ensureCompiled, type CircuitArtifacts } from "../../../prover/artifacts/circuit-cache.ts";
import { ensureDevelopmentKey, type KeyArtifacts } from "../../../prover/artifacts/key-cache.ts";
import { snarkjsProver, verifyProof } from "../../../prover/backends/snarkjs.ts";
import { readProof, writeProof } from "../../../prover/files/proof-files.ts";
import { solidityProof } from "../../../prover/files/proof-format.ts";
import type { Groth16Proof, Prover, TimedProof, VerificationKey } from "../../../prover/prover.ts";
import { BASE_FIELD_ORDER } from "../../../prover/setup/orders.ts";
import { expectCode } from "../../support/errors.ts";
import { CHAIN_INPUT, chainCircuit } from "../../support/prover/chain-circuit.ts";

const ROOT = resolve(import.meta.dirname, "../../..");
const run = promisify(execFile);

/** What `submitBatch` takes besides a proof; distinct values. */
const ARGUMENTS = {
  ...{ size: 1, c: 2n ** 250n + 3n, words: Uint8Array.of(4, 5, 0xfe), refundAddresses: ["0x06"], beneficiary: "0x07" },
};

describe("proving with snarkjs", () => {
  let folder: string;
  let circuit: CircuitArtifacts;
  let key: KeyArtifacts;
  let prover: Prover;
  let made: TimedProof;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "sheaf-"));
    circuit = await ensureCompiled(await chainCircuit(), folder);
    key = await ensureDevelopmentKey(circuit, folder);
    prover = snarkjsProver({ ...circuit, ...key });
    made = await prover.prove(CHAIN_INPUT);
  });
  after(async () => {
    await prover.close();
    await rm(folder, { recursive: true });
  });

  it("makes proofs that verify for their public signals alone", async () => {
    expect(await verifyProof(key.verificationKey, made)).to.be.true;
    expect(made.publicSignals).to.have.lengthOf(4);
    expect(made.publicSignals[2]).to.equal("7");
    expect(Object.values(made.timings).every((milliseconds) => milliseconds > 0)).to.be.true;
    for (const i of [0, 1, 2]) {
      const changed = made.publicSignals.with(i, String(BigInt(made.publicSignals[i]!) + 1n));
      expect(await verifyProof(key.verificationKey, { ...made, publicSignals: changed }), `signal ${i}`).to.be.false;
    }
  });

  it("takes nothing for a proof that is none", async () => {
    const { proof, publicSignals } = made;
    const verify = (other: object): Promise<boolean> => verifyProof(key.verificationKey, { ...made, ...other });
    expect(await verify({ publicSignals: publicSignals.slice(0, 3) })).to.be.false;
    expect(await verify({ publicSignals: [...publicSignals, "0"] })).to.be.false;
    expect(await verify({ publicSignals: publicSignals.with(2, String(7n + FIELD_ORDER)) })).to.be.false;
    expect(await verify({ publicSignals: publicSignals.with(2, "seven") })).to.be.false;
    expect(await verify({ proof: { ...proof, pi_a: proof.pi_c } })).to.be.false;
    expect(await verify({ proof: { ...proof, pi_a: ["1", "3", "1"] } })).to.be.false; // not on the curve
    expect(await verify({ proof: {} })).to.be.false;
  });

  it("takes no proof that L1's verifier would refuse for its form, though snarkjs does", async () => {
    const { groth16 } = await import("snarkjs");
    const { proof, publicSignals } = made;
    const { pi_a: a, pi_b: b, pi_c: c } = proof;
    const above = (number: string): string => String(BigInt(number) + BASE_FIELD_ORDER);
    const x = (point: readonly string[], by: bigint): string => String((BigInt(point[0]!) * by) % BASE_FIELD_ORDER);
    // The same point in projective form: (4x : 8y : 2).
    const projective = [x(a, 4n), x([a[1]], 8n), "2"];
    const same: Record<string, object> = {
      "a.x above q": { pi_a: [above(a[0]), a[1], "1"] },
      "a.y above q": { pi_a: [a[0], above(a[1]), "1"] },
      "b.x0 above q": { pi_b: [[above(b[0][0]), b[0][1]], b[1], b[2]] },
      "b.y1 above q": { pi_b: [b[0], [b[1][0], above(b[1][1])], b[2]] },
      "c.x above q": { pi_c: [above(c[0]), c[1], "1"] },
      "c.y above q": { pi_c: [c[0], above(c[1]), "1"] },
      projective: { pi_a: projective },
      "without z": { pi_a: [a[0], a[1]] },
      "a leading zero": { pi_c: [`0${c[0]}`, c[1], "1"] },
      hexadecimal: { pi_c: [`0x${BigInt(c[0]).toString(16)}`, c[1], "1"] },
    };
    for (const [what, change] of Object.entries(same)) {
      const other = { ...proof, ...change };
      expect(await groth16.verify(key.verificationKey, publicSignals, other), `snarkjs: ${what}`).to.be.true;
      expect(await verifyProof(key.verificationKey, { publicSignals, proof: other }), what).to.be.false;
      await expectCode("PROOF_INVALID", async () => solidityProof(other));
      const paths = await writeProof(join(folder, "form"), made, ARGUMENTS);
      await writeFile(paths.proof, JSON.stringify(other));
      await expectCode("PROOF_INVALID", () => readProof(paths.proof, paths.publicSignals));
    }
    const signals = publicSignals.with(2, "07");
    expect(await groth16.verify(key.verificationKey, signals, proof)).to.be.true;
    expect(await verifyProof(key.verificationKey, { proof, publicSignals: signals })).to.be.false;
  });

  it("takes no point of the twist that L1's pairing is not for", async () => {
    const { groth16 } = await import("snarkjs");
    // Whoever knows a key's secrets can do without A: then snarkjs takes any B of the twist. All secrets are 1.
    const { G1, G2 } = await getCurveFromName("bn128");
    const text = (group: Group, point: Uint8Array): never =>
      group.toObject(point).map((value) => (typeof value === "bigint" ? String(value) : value.map(String))) as never;
    const [g1, g2] = [text(G1, G1.oneAffine), text(G2, G2.oneAffine)];
    const secrets = { vk_alpha_1: g1, vk_beta_2: g2, vk_gamma_2: g2, vk_delta_2: g2, IC: [g1, g1] };
    const forged: VerificationKey = { protocol: "groth16", curve: "bn128", nPublic: 1, ...secrets };
    // alpha·beta + (1 + 5)·gamma + C·delta = 0 with C = -7.
    const pi_c = text(G1, G1.toAffine(G1.neg(G1.timesScalar(G1.oneAffine, 7n))));
    const proofWith = (pi_b: unknown): Groth16Proof =>
      ({ protocol: "groth16", curve: "bn128", pi_a: ["0", "0", "1"], pi_b, pi_c }) as Groth16Proof;
    expect(await verifyProof(forged, { proof: proofWith(g2), publicSignals: ["5"] })).to.be.true;
    const { Point } = bn254.G2;
    const { Fp2 } = bn254.fields;
    let outside: [string, string][] = [];
    for (let n = 1n; outside.length === 0; n++) {
      const x = Fp2.create({ c0: n, c1: 0n });
      const square = Fp2.add(Fp2.mul(Fp2.sqr(x), x), Point.CURVE().b);
      try {
        const y = Fp2.sqrt(square);
        outside = [x, y].map(({ c0, c1 }) => [String(c0), String(c1)]);
      } catch {
        continue; // not a square
      }
    }
    const proof = proofWith([...outside, ["1", "0"]]);
    expect(await groth16.verify(forged, ["5"], proof)).to.be.true;
    expect(await verifyProof(forged, { proof, publicSignals: ["5"] })).to.be.false;
  });

  it("names what is wrong with an input that has no witness", async () => {
    const violated = await expectCode("WITNESS_FAILED", () => prover.prove({ ...CHAIN_INPUT, x: [12n, 13n] }));
    expect(violated.message).to.match(/Assert Failed.*template Chain_\d+ line: \d+/s);
    const inputs = {
      "Too many values for input signal beta": { ...CHAIN_INPUT, beta: 1n },
      "Too many values for input signal x": { ...CHAIN_INPUT, x: [11n, 13n, 17n] },
      "Not enough values for input signal x": { ...CHAIN_INPUT, x: [11n] },
      "Not all inputs have been set": { x: CHAIN_INPUT.x },
    };
    for (const [message, input] of Object.entries(inputs)) {
      expect((await expectCode("WITNESS_FAILED", () => prover.prove(input))).message).to.contain(message);
    }
  });

  it("returns no proof that does not verify", async () => {
    const other = await ensureCompiled(await chainCircuit(40), folder);
    const otherKey = await ensureDevelopmentKey(other, folder);
    const wrongKey = snarkjsProver({ ...circuit, ...key, verificationKey: otherKey.verificationKey });
    await expectCode("PROOF_INVALID", () => wrongKey.prove(CHAIN_INPUT));
  });

  it("writes files that plain snarkjs accepts", async () => {
    const paths = await writeProof(join(folder, "out"), made, ARGUMENTS);
    const verify = async (proof: string): Promise<string> => {
      const cli = join(ROOT, "node_modules", "snarkjs", "build", "cli.cjs");
      const parameters = ["groth16", "verify", key.verificationKeyPath, paths.publicSignals, proof];
      const { stdout } = await run(process.execPath, [cli, ...parameters]).catch((error: { stdout: string }) => error);
      return stdout;
    };
    expect(await verify(paths.proof)).to.contain("OK!");
    await writeFile(join(folder, "wrong.json"), JSON.stringify({ ...made.proof, pi_c: made.proof.pi_a }));
    expect(await verify(join(folder, "wrong.json"))).to.contain("Invalid proof");
    expect(await readProof(paths.proof, paths.publicSignals)).to.deep.equal({
      proof: made.proof,
      publicSignals: made.publicSignals,
    });
    expect(JSON.parse(await readFile(paths.calldata, "utf8"))).to.deep.equal({
      ...{ size: 1, c: String(2n ** 250n + 3n), words: "0x0405fe", refundAddresses: ["0x06"], beneficiary: "0x07" },
      proof: solidityProof(made.proof).map(String),
    });
  });

  it("orders the proof for Solidity as snarkjs does", async () => {
    const { groth16 } = await import("snarkjs");
    const exported = await groth16.exportSolidityCallData(made.proof, made.publicSignals);
    const numbers = [...exported.matchAll(/0x[0-9a-f]{64}/g)].map(([number]) => BigInt(number));
    expect(solidityProof(made.proof)).to.deep.equal(numbers.slice(0, 8));
    expect(made.publicSignals.map(BigInt)).to.deep.equal(numbers.slice(8));
    expect(new Set(numbers.map(String)).size).to.equal(12); // no two are interchangeable
  });

  it("reads rapidsnark's proofs, which do not name the curve", async () => {
    const paths = await writeProof(join(folder, "rapidsnark"), made, ARGUMENTS);
    const { pi_a, pi_b, pi_c, protocol } = made.proof;
    await writeFile(paths.proof, JSON.stringify({ pi_a, pi_b, pi_c, protocol }));
    const read = await readProof(paths.proof, paths.publicSignals);
    expect(read.proof).to.deep.equal(made.proof);
    expect(await verifyProof(key.verificationKey, read)).to.be.true;
    await writeFile(paths.proof, JSON.stringify({ ...made.proof, curve: "bls12-381" }));
    await expectCode("PROOF_INVALID", () => readProof(paths.proof, paths.publicSignals));
  });

  it("rejects files that hold no proof", async () => {
    const paths = await writeProof(join(folder, "bad"), made, ARGUMENTS);
    await expectCode("FILE_UNREADABLE", () => readProof(join(folder, "none.json"), paths.publicSignals));
    for (const text of ["{", "[]", '{"protocol":"groth16"}', JSON.stringify({ ...made.proof, pi_c: ["1", "2"] })]) {
      await writeFile(paths.proof, text);
      await expectCode("PROOF_INVALID", () => readProof(paths.proof, paths.publicSignals));
    }
  });

  it("lets the process end after close", async () => {
    const script = `
      import { snarkjsProver } from ${JSON.stringify(join(ROOT, "prover", "backends", "snarkjs.ts"))};
      import { readFile } from "node:fs/promises";
      const verificationKey = JSON.parse(await readFile(${JSON.stringify(key.verificationKeyPath)}, "utf8"));
      const prover = snarkjsProver({ wasm: ${JSON.stringify(circuit.wasm)}, zkey: ${JSON.stringify(key.zkey)}, verificationKey });
      await prover.prove({ alpha: 7n, z: 0n, x: [11n, 13n] });
      await prover.close();
      await prover.close();`;
    await writeFile(join(folder, "end.ts"), script);
    await run(process.execPath, [join(folder, "end.ts")], { timeout: 60_000 });
  });
});
