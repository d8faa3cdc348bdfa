import { littleEndian } from "../../lib/little-endian.ts";
import { toField } from "../../protocol/field.ts";
import { readSection, readSections } from "../files/binfile.ts";
import type { SignalValue, WitnessInput } from "../prover.ts";
import { INPUT_BYTES, inputSignals, type InputSignal } from "./circom-dat.ts";
import { PLAN } from "./plan.ts";

const ELEMENT_BYTES = 32;

/** Reads a plan's list of input signals, or `undefined` if the file is damaged. */
export async function readInputSignals(plan: string): Promise<InputSignal[] | undefined> {
  const section = (await readSections(plan, PLAN.type))?.get(PLAN.inputs);
  if (section === undefined || section.size % INPUT_BYTES !== 0) return undefined;
  return inputSignals(await readSection(plan, section));
}

/**
 * The inputs in the circuit's order, 32 bytes little-endian each. `undefined` if they are not the circuit's: one is
 * missing, superfluous, or of another size.
 */
export function encodeInputs(signals: readonly InputSignal[], input: WitnessInput): Buffer | undefined {
  const byHash = new Map(signals.map((signal) => [signal.hash, signal]));
  const first = Math.min(...signals.map(({ signal }) => signal));
  const encoded = Buffer.alloc(signals.reduce((sum, { size }) => sum + size, 0) * ELEMENT_BYTES);
  for (const [name, value] of Object.entries(input)) {
    const hash = fnv1a(name);
    const signal = byHash.get(hash);
    const values = flatOrNone(value);
    if (signal === undefined || values?.length !== signal.size) return undefined;
    byHash.delete(hash);
    values.forEach((value, i) =>
      encoded.set(littleEndian(toField(value)), (signal.signal - first + i) * ELEMENT_BYTES),
    );
  }
  return byHash.size === 0 ? encoded : undefined;
}

const flat = (value: SignalValue): bigint[] => (typeof value === "object" ? value.flatMap(flat) : [BigInt(value)]);

/** `undefined` if a value is not a whole number. */
function flatOrNone(value: SignalValue): bigint[] | undefined {
  try {
    return flat(value);
  } catch {
    return undefined;
  }
}

/** The 64-bit hash by which circom finds an input's name (http://www.isthe.com/chongo/tech/comp/fnv/). */
function fnv1a(name: string): bigint {
  let hash = 0xcbf29ce484222325n;
  for (const byte of Buffer.from(name)) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  return hash;
}
