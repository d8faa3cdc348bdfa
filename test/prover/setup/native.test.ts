import { expect } from "chai";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { zKey } from "snarkjs";
import { littleEndian } from "../../../lib/little-endian.ts";
import { FIELD_ORDER } from "../../../protocol/constants.ts";
import { endCurveWorkers } from "../../../prover/backends/curve-workers.ts";
import { readSections } from "../../../prover/files/binfile.ts";
import { ensureNative } from "../../../prover/native/build.ts";
import { usesNativeSetup } from "../../../prover/setup/choice.ts";
import { makeKey } from "../../../prover/setup/development-key.ts";
import { developmentSetup, firstKey, runSetupProcess } from "../../../prover/setup/native.ts";
import type { Trapdoor } from "../../../prover/setup/trapdoor.ts";
import { withEnvironment } from "../../support/environment.ts";
import { expectCode } from "../../support/errors.ts";
import { needsNative } from "../../support/prover/native.ts";
import { writeCycledPowersOfTau } from "../../support/prover/powers-of-tau.ts";
import { writeR1cs, type Constraints } from "../../support/prover/r1cs-file.ts";
import { randomConstraints, type CircuitShape } from "../../support/prover/random-r1cs.ts";
import { seeded } from "../../support/random.ts";

const SHAPES: Readonly<Record<string, CircuitShape>> = {
  "one constraint": { constraints: 1, wires: 3, freeWires: 0, outputs: 1, publicInputs: 0 },
  "no public signal": { constraints: 20, wires: 9, freeWires: 0, outputs: 0, publicInputs: 0 },
  "public signals only": { constraints: 7, wires: 6, freeWires: 0, outputs: 3, publicInputs: 2 },
  "wires without constraints": { constraints: 60, wires: 40, freeWires: 5, outputs: 2, publicInputs: 3 },
  "a domain that is full": { constraints: 63, wires: 30, freeWires: 0, outputs: 1, publicInputs: 0 },
  "a domain just begun": { constraints: 63, wires: 30, freeWires: 0, outputs: 1, publicInputs: 1 },
  "several chunks of constraints": { constraints: 2100, wires: 700, freeWires: 1, outputs: 2, publicInputs: 1 },
};
/** The domain of the largest is 2^12. */
const POWER = 12;

describe("native setup", () => {
  let folder: string;
  const at = (name: string): string => join(folder, name);
  const circuits: Record<string, string> = {};
  const small = (): string => circuits["wires without constraints"]!;

  before(async function () {
    folder = await mkdtemp(join(tmpdir(), "sheaf-"));
    await needsNative(this, "sheaf-setup", "known-secrets");
    for (const [name, shape] of Object.entries(SHAPES)) {
      circuits[name] = at(`${name}.r1cs`);
      await writeR1cs(circuits[name], randomConstraints(shape, seeded(name)));
    }
    await writeCycledPowersOfTau(at("powers.ptau"), POWER);
  });
  after(async () => {
    await endCurveWorkers();
    await rm(folder, { recursive: true });
  });

  const same = async (a: string, b: string): Promise<boolean> => (await readFile(at(a))).equals(await readFile(at(b)));

  /** A development key from given secrets, made by the code of sheaf-setup. */
  const keyOf = async (r1cs: string, name: string, { tau, alpha, beta, delta }: Trapdoor): Promise<void> => {
    const input = Buffer.concat([tau, alpha, beta, delta].map(littleEndian));
    const process = { keyPath: at(name), onProgress: () => undefined, input };
    await runSetupProcess(await ensureNative("known-secrets"), ["development", r1cs, at(name)], process);
  };

  describe("development key", () => {
    const random = seeded("trapdoor");
    const draw = (): Trapdoor => ({
      tau: random.field(),
      alpha: random.field(),
      beta: random.field(),
      delta: random.field(),
    });

    for (const name of Object.keys(SHAPES)) {
      it(`is JavaScript's for the same secrets, byte for byte: ${name}`, async () => {
        const trapdoor = draw();
        await makeKey(circuits[name]!, at("javascript.zkey"), trapdoor);
        await keyOf(circuits[name]!, "native.zkey", trapdoor);
        expect(await same("native.zkey", "javascript.zkey")).to.be.true;
      });
    }

    it("is right where the table's entries meet: secrets that are small or opposite", async () => {
      const trapdoor = { tau: 2n, alpha: 1n, beta: FIELD_ORDER - 1n, delta: FIELD_ORDER - 2n };
      await makeKey(small(), at("javascript.zkey"), trapdoor);
      await keyOf(small(), "native.zkey", trapdoor);
      expect(await same("native.zkey", "javascript.zkey")).to.be.true;
    });

    it("does not depend on the processor's path, nor on the number of threads", async () => {
      const trapdoor = draw();
      const environments = [{}, { SHEAF_NATIVE_PATH: "portable" }, { SHEAF_THREADS: "1" }, { SHEAF_THREADS: "3" }];
      for (const [i, environment] of environments.entries()) {
        await withEnvironment(environment, () =>
          keyOf(circuits["several chunks of constraints"]!, `${i}.zkey`, trapdoor),
        );
        expect(await same(`${i}.zkey`, "0.zkey"), JSON.stringify(environment)).to.be.true;
      }
    });

    it("differs with each secret", async () => {
      const trapdoor = draw();
      await keyOf(small(), "one.zkey", trapdoor);
      for (const secret of ["tau", "alpha", "beta", "delta"] as const) {
        await keyOf(small(), "two.zkey", { ...trapdoor, [secret]: trapdoor[secret] ^ 1n });
        expect(await same("one.zkey", "two.zkey"), secret).to.be.false;
      }
    });

    it("holds none of its secrets, which sheaf-setup takes from nobody", async () => {
      const trapdoor = draw();
      await keyOf(small(), "known.zkey", trapdoor);
      const bytes = await readFile(at("known.zkey"));
      const R = 2n ** 256n;
      for (const secret of Object.values(trapdoor) as bigint[]) {
        for (const form of [secret, (secret * R) % FIELD_ORDER, (secret * R * R) % FIELD_ORDER]) {
          expect(bytes.includes(Buffer.from(littleEndian(form)))).to.be.false;
          expect(bytes.includes(Buffer.from(littleEndian(form)).reverse())).to.be.false;
        }
      }
      const executable = await ensureNative("sheaf-setup");
      const process = { keyPath: at("made.zkey"), onProgress: () => undefined };
      const input = Buffer.concat((Object.values(trapdoor) as bigint[]).map(littleEndian));
      await runSetupProcess(executable, ["development", small(), at("made.zkey")], { ...process, input });
      expect(await same("made.zkey", "known.zkey")).to.be.false;
      for (const more of [["1"], ["1", "2", "3", "4"]]) {
        const args = ["development", small(), at("refused.zkey"), ...more];
        await expectCode("USAGE", () => runSetupProcess(executable, args, process));
      }
    });

    it("reports its progress", async () => {
      const progress: number[] = [];
      const phases = new Set<string>();
      await developmentSetup(small(), at("key.zkey"), (fraction, phase) => {
        progress.push(fraction);
        phases.add(phase);
      });
      expect(progress).to.deep.equal(progress.toSorted((a, b) => a - b));
      expect(progress).to.include.members([0, 1]);
      expect(phases.size).to.be.above(3);
    });
  });

  describe("first key of a ceremony", () => {
    for (const name of Object.keys(SHAPES)) {
      it(`is snarkjs', byte for byte: ${name}`, async () => {
        await zKey.newZKey(circuits[name]!, at("powers.ptau"), at("snarkjs.zkey"));
        await firstKey(circuits[name]!, at("powers.ptau"), at("native.zkey"));
        expect(await same("native.zkey", "snarkjs.zkey")).to.be.true;
      });
    }

    it("is snarkjs' above 2^14, where that hashes blocks, with powers for just this domain and for more", async () => {
      // A wire with more terms than are summed at once, and constraints without terms, which keep snarkjs fast.
      const random = seeded("long wire");
      const circuit: Constraints = {
        wires: 6,
        outputs: 1,
        publicInputs: 1,
        constraints: Array.from({ length: 16_500 }, (_, i) => [
          [[4, i % 40 === 0 ? random.field() : BigInt(i % 3) + 1n]],
          i % 100 === 0 ? [[5, random.field()]] : [],
          [],
        ]),
      };
      await writeR1cs(at("long.r1cs"), circuit);
      // Of the second one, what snarkjs takes for a point leads to a number just below 2^256, far above the field's order.
      for (const [power, seed] of [
        [15, 0],
        [15, 378],
        [16, 0],
      ] as const) {
        await writeCycledPowersOfTau(at("long.ptau"), power, seed);
        await zKey.newZKey(at("long.r1cs"), at("long.ptau"), at("snarkjs.zkey"));
        await firstKey(at("long.r1cs"), at("long.ptau"), at("native.zkey"));
        expect(await same("native.zkey", "snarkjs.zkey"), `2^${power}, ${seed}`).to.be.true;
        await rm(at("long.ptau"));
      }
    });

    it("does not depend on the processor's path, nor on the number of threads", async () => {
      const circuit = circuits["several chunks of constraints"]!;
      const environments = [{}, { SHEAF_NATIVE_PATH: "portable" }, { SHEAF_THREADS: "1" }, { SHEAF_THREADS: "3" }];
      for (const [i, environment] of environments.entries()) {
        await withEnvironment(environment, () => firstKey(circuit, at("powers.ptau"), at(`${i}.zkey`)));
        expect(await same(`${i}.zkey`, "0.zkey"), JSON.stringify(environment)).to.be.true;
      }
    });
  });

  describe("refuses", () => {
    const refused = async (code: Parameters<typeof expectCode>[0], r1cs: string, ptau?: string): Promise<void> => {
      await mkdir(at("refused"), { recursive: true });
      const key = join(at("refused"), "key.zkey");
      await expectCode(code, () => (ptau === undefined ? developmentSetup(r1cs, key) : firstKey(r1cs, ptau, key)));
      expect(await readdir(at("refused"))).to.deep.equal([]);
    };
    const changed = async (path: string, name: string, change: (bytes: Buffer) => Buffer | void): Promise<string> => {
      const bytes = await readFile(path);
      await writeFile(at(name), change(bytes) ?? bytes);
      return at(name);
    };

    it("circuits that are cut off, changed, or over another field", async () => {
      const { size } = await sizeOf(small());
      for (const length of [0, 3, 11, 30, 80, size >> 1, size - 1]) {
        const cut = await changed(small(), "cut.r1cs", (bytes) => bytes.subarray(0, length));
        await refused("R1CS_MALFORMED", cut);
        await refused("R1CS_MALFORMED", cut, at("powers.ptau"));
      }
      const sections = (await readSections(small(), "r1cs"))!;
      const [header, constraints] = [sections.get(1)!.offset, sections.get(2)!.offset];
      const firstTerm = await offsetOfFirstTerm(small(), constraints);
      const changes: Record<string, (bytes: Buffer) => unknown> = {
        "another type": (bytes) => bytes.write("zkey"),
        "another version": (bytes) => bytes.writeUInt32LE(9, 4),
        "another field": (bytes) => bytes.writeUInt8(bytes.readUInt8(header + 4) ^ 1, header + 4),
        "more public signals than wires": (bytes) => bytes.writeUInt32LE(1000, header + 40),
        "public signals that overflow": (bytes) => {
          bytes.writeUInt32LE(0xffffffff, header + 40);
          bytes.writeUInt32LE(2, header + 44);
        },
        "more constraints than there are": (bytes) => bytes.writeUInt32LE(61, header + 60),
        "a wire that there is not": (bytes) => bytes.writeUInt32LE(45, firstTerm),
        "a row that is too long": (bytes) => bytes.writeUInt32LE(0xffffffff, constraints),
      };
      for (const [name, change] of Object.entries(changes)) {
        await refused("R1CS_MALFORMED", await changed(small(), `${name}.r1cs`, (bytes) => void change(bytes)));
      }
      await writeR1cs(at("empty.r1cs"), { wires: 3, outputs: 0, publicInputs: 0, constraints: [] });
      await refused("R1CS_MALFORMED", at("empty.r1cs"));
      await refused("FILE_UNREADABLE", at("none.r1cs"));
      await refused("FILE_UNREADABLE", folder);
    });

    it("powers of tau that are cut off, changed, too small, unprepared or off the curve", async () => {
      await writeCycledPowersOfTau(at("small.ptau"), 5);
      await refused("PTAU_TOO_SMALL", small(), at("small.ptau"));
      await writeCycledPowersOfTau(at("fit.ptau"), 7);
      const { size } = await sizeOf(at("fit.ptau"));
      for (const length of [0, 3, 11, 30, 60, size >> 1, size - 1]) {
        const cut = await changed(at("fit.ptau"), "cut.ptau", (bytes) => bytes.subarray(0, length));
        await refused("PTAU_MALFORMED", small(), cut);
      }
      const sections = (await readSections(at("fit.ptau"), "ptau"))!;
      const offset = (id: number): number => sections.get(id)!.offset;
      const n = 2 ** 7;
      const flip = (place: number) => (bytes: Buffer) => bytes.writeUInt8(bytes.readUInt8(place) ^ 1, place);
      const changes: Record<string, (bytes: Buffer) => unknown> = {
        "another curve": flip(offset(1) + 4),
        "an impossible power": (bytes) => bytes.writeUInt32LE(29, offset(1) + 36),
        "a power that is not its own": (bytes) => bytes.writeUInt32LE(8, offset(1) + 36),
        "no preparation": (bytes) => bytes.writeUInt32LE(99, offset(12) - 12),
        "a power of tau off the curve": flip(offset(2) + 64 * 200),
        "alpha off the curve": flip(offset(4)),
        "beta off the curve": flip(offset(5)),
        "beta in G2 off the curve": flip(offset(6)),
        "a Lagrange point off the curve": flip(offset(12) + 64 * (n - 1)),
        "a point of H off the curve": flip(offset(12) + 64 * (2 * n)),
        "a Lagrange point in G2 off the curve": flip(offset(13) + 128 * (2 * n - 2) + 127),
        "a Lagrange point with alpha off the curve": flip(offset(14) + 64 * n),
        "a Lagrange point with beta off the curve": flip(offset(15) + 64 * n),
        "a point at infinity": (bytes) => bytes.fill(0, offset(12) + 64 * n, offset(12) + 64 * (n + 1)),
        "a coordinate above the modulus": (bytes) => bytes.writeUInt8(0xff, offset(12) + 64 * n + 31),
      };
      for (const [name, change] of Object.entries(changes)) {
        const ptau = await changed(at("fit.ptau"), `${name}.ptau`, (bytes) => void change(bytes));
        await refused("PTAU_MALFORMED", small(), ptau);
      }
      await refused("PTAU_MALFORMED", small(), small());
      await refused("FILE_UNREADABLE", small(), at("none.ptau"));
    });

    it("to write where it cannot, or where there is no room", async () => {
      for (const key of ["/dev/full", join(at("none"), "key.zkey")]) {
        await expectCode("FILE_UNWRITABLE", () => developmentSetup(small(), key));
        await expectCode("FILE_UNWRITABLE", () => firstKey(small(), at("powers.ptau"), key));
      }
    });

    it("to go on when nobody hears of it, and leaves nothing behind", async () => {
      await mkdir(at("alone"));
      const args = ["-c", 'read go; exec "$@"', "sh", await ensureNative("sheaf-setup")];
      const child = spawn("/bin/sh", [...args, "development", small(), join(at("alone"), "key.zkey")]);
      const ended = once(child, "exit");
      child.stdout.destroy();
      await once(child.stdout, "close");
      child.stdin.end("go\n");
      expect(await ended).to.deep.equal([1, null]);
      expect(await readdir(at("alone"))).to.deep.equal([]);
    });

    it("to say nothing when it is killed, and leaves nothing behind", async () => {
      await mkdir(at("killed"));
      const key = join(at("killed"), "key.zkey");
      const args = ["-c", `touch "$0.$$.tmp"; kill -KILL $$`, key];
      const process = { keyPath: key, onProgress: () => undefined };
      await expectCode("NATIVE_CRASHED", () => runSetupProcess("/bin/sh", args, process));
      expect(await readdir(at("killed"))).to.deep.equal([]);
    });
  });

  describe("is chosen", () => {
    it("when it can be built, and not when JavaScript is wanted", async () => {
      expect(await usesNativeSetup({})).to.be.true;
      expect(await usesNativeSetup({ backend: "native" })).to.be.true;
      expect(await usesNativeSetup({ backend: "snarkjs" })).to.be.false;
    });
  });
});

async function sizeOf(path: string): Promise<{ size: number }> {
  return { size: (await readFile(path)).length };
}

/** Where the first wire's number lies: rows without terms have no wires. */
async function offsetOfFirstTerm(path: string, offset: number): Promise<number> {
  const bytes = await readFile(path);
  while (bytes.readUInt32LE(offset) === 0) offset += 4;
  return offset + 4;
}
