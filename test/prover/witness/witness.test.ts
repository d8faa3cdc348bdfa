import { expect } from "chai";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { FIELD_ORDER } from "../../../protocol/constants.ts";
import { SheafError } from "../../../protocol/errors.ts";
import { ensureCompiled, type CircuitArtifacts } from "../../../prover/artifacts/circuit-cache.ts";
import { readSections } from "../../../prover/files/binfile.ts";
import type { Witness } from "../../../prover/prover.ts";
import { executePlan } from "../../../prover/witness/executor.ts";
import { encodeInputs, readInputSignals } from "../../../prover/witness/inputs.ts";
import { makePlan, PLAN } from "../../../prover/witness/plan.ts";
import { makeWitness } from "../../../prover/witness/source.ts";
import { withEnvironment } from "../../support/environment.ts";
import { expectCode } from "../../support/errors.ts";
import { CHAIN_INPUT, chainCircuit } from "../../support/prover/chain-circuit.ts";
import { needsNative } from "../../support/prover/native.ts";
import { readWitness } from "../../support/prover/planned.ts";
import { LONG, seeded } from "../../support/random.ts";
import { until } from "../../support/until.ts";

const ROOT = resolve(import.meta.dirname, "../../..");
const run = promisify(execFile);

/** The values of a witness; its file is removed. */
async function valuesOf(witness: Witness): Promise<bigint[]> {
  const values = await readWitness(witness.path);
  await witness.discard();
  return values;
}

describe("witnesses", () => {
  const random = seeded("prover/witness");
  let folder: string;
  let circuit: CircuitArtifacts;
  let plan: string;
  let inputs: Buffer;
  let out: string;

  before(async function () {
    folder = await mkdtemp(join(tmpdir(), "sheaf-"));
    await needsNative(this, "sheaf-witness");
    circuit = await ensureCompiled(await chainCircuit(), folder);
    plan = circuit.plan!;
    inputs = encodeInputs((await readInputSignals(plan))!, CHAIN_INPUT)!;
    out = join(folder, "out.wtns");
  });
  after(() => rm(folder, { recursive: true }));

  it("come from the plan, in a file of their own", async () => {
    const witness = await makeWitness(CHAIN_INPUT, circuit);
    expect(witness.by).to.equal("plan");
    expect(witness.milliseconds).to.be.above(0);
    expect(await readFile(witness.path)).to.deep.equal(
      await fileOf(await makeWitness(CHAIN_INPUT, { wasm: circuit.wasm })),
    );
    const { path } = witness;
    await witness.discard();
    await witness.discard();
    expect(await stat(path).catch((error: NodeJS.ErrnoException) => error.code)).to.equal("ENOENT");
  });

  it("take numbers in any form, and any representative", async () => {
    const values = await valuesOf(await makeWitness(CHAIN_INPUT, circuit));
    const forms = [
      { alpha: 7, z: "0", x: ["11", "0xd"] },
      { alpha: 7n - FIELD_ORDER, z: 0n, x: [11n + FIELD_ORDER, [13n]] },
    ];
    for (const form of forms) expect(await valuesOf(await makeWitness(form, circuit))).to.deep.equal(values);
  });

  it("do not exist for inputs that violate the circuit: the plan refuses them, circom says where", async () => {
    const input = { ...CHAIN_INPUT, x: [12n, 13n] };
    const violating = encodeInputs((await readInputSignals(plan))!, input)!;
    await expectCode("WITNESS_FAILED", () => executePlan(plan, violating, out));
    const error = await expectCode("WITNESS_FAILED", () => makeWitness(input, circuit));
    expect(error.message).to.match(/template Chain_\d+ line: 21/);
  });

  it("do not exist for inputs of another number or size, or that are no field elements", async () => {
    for (const wrong of [
      inputs.subarray(1),
      inputs.subarray(32),
      Buffer.concat([inputs, Buffer.alloc(1)]),
      Buffer.alloc(0),
    ]) {
      await expectCode("WITNESS_FAILED", () => executePlan(plan, wrong, out));
    }
    const noElement = Buffer.from(inputs);
    noElement.fill(0xff, 32, 64);
    await expectCode("WITNESS_FAILED", () => executePlan(plan, noElement, out));
    const others = [
      { x: [11n, 13n] },
      { ...CHAIN_INPUT, beta: 1n },
      { alpha: 7n, z: 0n, x: [11n] },
      { alpha: "seven", x: [11n, 13n] },
    ];
    for (const input of others) await expectCode("WITNESS_FAILED", () => makeWitness(input, circuit));
  });

  it("come from circom's generator if the circuit has no plan", async () => {
    const main = `pragma circom 2.2.0;
      template Smaller() {
        signal input a; signal input b; signal output out;
        out <-- a < b ? 1 : 0;
        out * (out - 1) === 0;
      }
      component main = Smaller();`;
    const unplanned = await ensureCompiled({ name: "smaller", main, includes: [] }, folder);
    expect(unplanned.plan).to.equal(undefined);
    const manifest = await readFile(join(unplanned.folder, "manifest.json"), "utf8");
    expect(manifest).to.contain("CIRCUIT_UNPLANNED").and.to.contain('\\"lt\\"');
    const witness = await makeWitness({ a: 3n, b: 5n }, unplanned);
    expect(witness.by).to.equal("circom");
    expect(await valuesOf(witness)).to.include(1n);
  });

  it("have no plan where circom's output is not what the planner knows", async () => {
    for (const source of ["", "uint get_size_of_witness() {return 3;}", "void Main_0_run(uint ctx_index){\nFr_copy("]) {
      await expectCode("CIRCUIT_UNPLANNED", () => makePlan(source, Buffer.alloc(0)));
    }
  });

  it("come from circom's generator if there is no compiler for the native code", async () => {
    const script = `
      import { makeWitness } from ${JSON.stringify(join(ROOT, "prover", "witness", "source.ts"))};
      const { wasm, plan } = ${JSON.stringify(circuit)};
      const witness = await makeWitness({ alpha: 7n, z: 0n, x: [11n, 13n] }, { wasm, plan });
      await witness.discard();
      console.log(witness.by);`;
    const path = join(folder, "no-compiler.ts");
    await writeFile(path, script);
    const env = { ...process.env, CXX: join(folder, "none"), SHEAF_NATIVE_FOLDER: "" };
    const { stdout } = await run(process.execPath, [path], { env, timeout: 60_000 });
    expect(stdout.trim()).to.equal("circom");
  });

  it("report what cannot be written, and leave nothing behind", async () => {
    await expectCode("FILE_UNWRITABLE", () => executePlan(plan, inputs, join(folder, "none", "out.wtns")));
    if (process.platform === "linux") await expectCode("FILE_UNWRITABLE", () => executePlan(plan, inputs, "/dev/full"));
    // A folder for temporary files that no other process uses.
    await mkdir(join(folder, "temporary"));
    await withEnvironment({ TMPDIR: join(folder, "temporary") }, () =>
      expectCode("WITNESS_FAILED", () => makeWitness({ ...CHAIN_INPUT, x: [12n, 13n] }, circuit)),
    );
    expect(await readdir(join(folder, "temporary"))).to.deep.equal([]);
  });

  it("go with the next one where the process that had them is killed", async () => {
    const temporary = join(folder, "killed");
    await mkdir(temporary);
    const path = join(folder, "kill-itself.ts");
    const script = `
      import { makeWitness } from ${JSON.stringify(join(ROOT, "prover", "witness", "source.ts"))};
      await makeWitness({ alpha: 7n, z: 0n, x: [11n, 13n] }, ${JSON.stringify(circuit)});
      process.kill(process.pid, "SIGKILL");`;
    await writeFile(path, script);
    const env = { ...process.env, TMPDIR: temporary };
    const end = (await run(process.execPath, [path], { env, timeout: 60_000 }).catch(
      (error: unknown) => error,
    )) as object;
    expect(end).to.have.property("signal", "SIGKILL");
    expect(await readdir(temporary)).to.have.length(1);
    // Of another machine's process, and of this one, which still needs it.
    const others = [`sheaf-witness-elsewhere-1-x`, `sheaf-witness-${hostname()}-${process.pid}-x`];
    for (const other of others) await mkdir(join(temporary, other));
    await withEnvironment({ TMPDIR: temporary }, async () => (await makeWitness(CHAIN_INPUT, circuit)).discard());
    expect(await readdir(temporary)).to.have.members(others);
  });

  it("say so when their process is killed", async function () {
    if (process.platform !== "linux") this.skip();
    // It waits for a plan that nobody writes.
    const pipe = join(folder, "pipe.plan");
    await run("mkfifo", [pipe]);
    const code = expectCode("NATIVE_CRASHED", () => executePlan(pipe, inputs, out));
    const waiting = async (): Promise<string | undefined> => {
      const children = (await readFile(`/proc/self/task/${process.pid}/children`, "utf8")).split(" ").filter(Boolean);
      const commands = await Promise.all(children.map((pid) => readFile(`/proc/${pid}/cmdline`, "utf8")));
      return children.find((_, i) => commands[i]!.includes(pipe));
    };
    const killed = await until(waiting, "the process");
    process.kill(Number(killed), "SIGKILL");
    await code;
    await executePlan(plan, inputs, out);
  });

  it("do not come from a plan that is cut off or damaged", async () => {
    const good = await readFile(plan);
    const path = join(folder, "damaged.plan");
    const damaged = async (content: Buffer): Promise<void> => {
      await writeFile(path, content);
      await expectCode("ARTIFACT_CORRUPT", () => executePlan(path, inputs, out));
    };
    for (const size of [0, 3, 11, 20, good.length >> 1, good.length - 1]) await damaged(good.subarray(0, size));
    await expectCode("ARTIFACT_CORRUPT", () =>
      makeWitness(CHAIN_INPUT, { ...circuit, plan: path.replace(".plan", ".no") }),
    );

    const sections = (await readSections(plan, PLAN.type))!;
    const withWord = (section: number, word: number, value: number): Buffer => {
      const copy = Buffer.from(good);
      copy.writeUInt32LE(value, sections.get(section)!.offset + 4 * word);
      return copy;
    };
    // Header: programs, signals, outputs, inputs, constants, wires. A program: place and length of its code, …
    for (let word = 0; word < 6; word++) await damaged(withWord(PLAN.header, word, 0xffffffff));
    for (let word = 0; word < 4; word++) await damaged(withWord(PLAN.programs, word, 0xffffffff));
    await damaged(withWord(PLAN.witness, 1, 0xffffffff));
    const code = sections.get(PLAN.code)!;
    await damaged(withWord(PLAN.code, 0, 99)); // no operation
    await damaged(withWord(PLAN.code, code.size / 4 - 1, 1)); // no end
  });

  it("come from damaged code never by a crash", async () => {
    const good = await readFile(plan);
    const { offset, size } = (await readSections(plan, PLAN.type))!.get(PLAN.code)!;
    const path = join(folder, "flipped.plan");
    for (let i = 0; i < (LONG ? 2000 : 60); i++) {
      const copy = Buffer.from(good);
      const at = offset + Number(random.below(BigInt(size)));
      copy[at] = copy[at]! ^ (1 << Number(random.below(8n)));
      await writeFile(path, copy);
      const code = await executePlan(path, inputs, out).then(
        () => "a witness",
        (error: unknown) => (error instanceof SheafError ? error.code : String(error)),
      );
      expect(code).to.be.oneOf(["a witness", "ARTIFACT_CORRUPT", "WITNESS_FAILED"]);
    }
  }).timeout("10m");

  async function fileOf(witness: Witness): Promise<Buffer> {
    const content = await readFile(witness.path);
    await witness.discard();
    return content;
  }
});
