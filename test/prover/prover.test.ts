import { expect } from "chai";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { FIELD_ORDER } from "../../protocol/constants.ts";
import { ensureCompiled, type CircuitArtifacts } from "../../prover/circuit-cache.ts";
import { ensureDevelopmentKey, type KeyArtifacts } from "../../prover/key-cache.ts";
import { readProof, solidityProof, writeProof } from "../../prover/proof-files.ts";
import type { Prover, TimedProof } from "../../prover/prover.ts";
import { snarkjsProver, verifyProof } from "../../prover/snarkjs.ts";
import { CHAIN_INPUT, chainCircuit } from "../support/chain-circuit.ts";
import { expectCode } from "../support/errors.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const run = promisify(execFile);

/** What `submitBatch` takes besides a proof; distinct values. */
const ARGUMENTS = { size: 1, c: 2n ** 250n + 3n, words: Uint8Array.of(4, 5, 0xfe), refundAddresses: ["0x06"] };

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
    expect(made.publicSignals).to.have.lengthOf(3);
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
    expect(await verify({ publicSignals: publicSignals.slice(0, 2) })).to.be.false;
    expect(await verify({ publicSignals: [...publicSignals, "0"] })).to.be.false;
    expect(await verify({ publicSignals: publicSignals.with(2, String(7n + FIELD_ORDER)) })).to.be.false;
    expect(await verify({ publicSignals: publicSignals.with(2, "seven") })).to.be.false;
    expect(await verify({ proof: { ...proof, pi_a: proof.pi_c } })).to.be.false;
    expect(await verify({ proof: { ...proof, pi_a: ["1", "3", "1"] } })).to.be.false; // not on the curve
    expect(await verify({ proof: {} })).to.be.false;
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
      ...{ size: 1, c: String(2n ** 250n + 3n), words: "0x0405fe", refundAddresses: ["0x06"] },
      proof: solidityProof(made.proof).map(String),
    });
  });

  it("orders the proof for Solidity as snarkjs does", async () => {
    const { groth16 } = await import("snarkjs");
    const exported = await groth16.exportSolidityCallData(made.proof, made.publicSignals);
    const numbers = [...exported.matchAll(/0x[0-9a-f]{64}/g)].map(([number]) => BigInt(number));
    expect(solidityProof(made.proof)).to.deep.equal(numbers.slice(0, 8));
    expect(made.publicSignals.map(BigInt)).to.deep.equal(numbers.slice(8));
    expect(new Set(numbers.map(String)).size).to.equal(11); // no two are interchangeable
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
      import { snarkjsProver } from ${JSON.stringify(join(ROOT, "prover", "snarkjs.ts"))};
      import { readFile } from "node:fs/promises";
      const verificationKey = JSON.parse(await readFile(${JSON.stringify(key.verificationKeyPath)}, "utf8"));
      const prover = snarkjsProver({ wasm: ${JSON.stringify(circuit.wasm)}, zkey: ${JSON.stringify(key.zkey)}, verificationKey });
      await prover.prove({ alpha: 7n, x: [11n, 13n] });
      await prover.close();
      await prover.close();`;
    await writeFile(join(folder, "end.ts"), script);
    await run(process.execPath, [join(folder, "end.ts")], { timeout: 60_000 });
  });
});
