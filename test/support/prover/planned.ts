import { expect } from "chai";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SheafError } from "../../../protocol/errors.ts";
import type { CircuitArtifacts } from "../../../prover/artifacts/circuit-cache.ts";
import { readSection, readSections } from "../../../prover/files/binfile.ts";
import { executePlan } from "../../../prover/witness/executor.ts";
import { encodeInputs, readInputSignals } from "../../../prover/witness/inputs.ts";
import { openCircuit, type CircuitInput, type TestCircuit } from "../circuits/circuit.ts";

/** A circuit with its plan, and circom's own witnesses to compare with. */
export class PlannedCircuit {
  readonly plan: string;
  readonly circom: TestCircuit;

  private constructor(plan: string, circom: TestCircuit) {
    this.plan = plan;
    this.circom = circom;
  }

  static async open(circuit: CircuitArtifacts): Promise<PlannedCircuit> {
    expect(circuit.plan, "plan").to.be.a("string");
    return new PlannedCircuit(circuit.plan!, await openCircuit(circuit));
  }

  /** The inputs as the plan takes them. */
  async encode(input: CircuitInput): Promise<Buffer> {
    return encodeInputs((await readInputSignals(this.plan))!, input)!;
  }

  /** The plan's witness, `undefined` if the plan rejects the input. */
  async witness(input: CircuitInput): Promise<bigint[] | undefined> {
    const folder = await mkdtemp(join(tmpdir(), "sheaf-"));
    const path = join(folder, "witness.wtns");
    try {
      await executePlan(this.plan, await this.encode(input), path);
      return await readWitness(path);
    } catch (error) {
      if (error instanceof SheafError && error.code === "WITNESS_FAILED") return undefined;
      throw error;
    } finally {
      await rm(folder, { recursive: true });
    }
  }

  /** Expects the plan to do as circom does: the same witness, or none. Says which. */
  async expectSame(input: CircuitInput): Promise<boolean> {
    const wanted = await circomsWitness(this.circom, input);
    const given = await this.witness(input);
    if (wanted === undefined) expect(given, "the plan takes what circom rejects").to.equal(undefined);
    else {
      expect(given, "the plan rejects what circom takes").not.to.equal(undefined);
      const wrong = wanted.flatMap((value, wire) => (value === given![wire] ? [] : [this.circom.nameOf(wire)]));
      expect(wrong, "wires").to.be.empty;
      expect(given!.length).to.equal(wanted.length);
    }
    return wanted !== undefined;
  }
}

async function circomsWitness(circuit: TestCircuit, input: CircuitInput): Promise<bigint[] | undefined> {
  try {
    return await circuit.witness(input);
  } catch (error) {
    if (error instanceof Error && error.message.startsWith("Assert Failed")) return undefined;
    throw error;
  }
}

/** The values in a `.wtns` file. */
export async function readWitness(path: string): Promise<bigint[]> {
  const sections = await readSections(path, "wtns");
  const data = await readSection(path, sections!.get(2)!);
  return Array.from({ length: data.length / 32 }, (_, wire) => {
    const limb = (i: number): bigint => data.readBigUInt64LE(32 * wire + 8 * i) << BigInt(64 * i);
    return limb(0) | limb(1) | limb(2) | limb(3);
  });
}
