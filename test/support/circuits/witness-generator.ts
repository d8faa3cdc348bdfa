import { FIELD_ORDER } from "../../../protocol/constants.ts";

export type CircuitInput = { readonly [signal: string]: CircuitValue };
export type CircuitValue = bigint | number | readonly CircuitValue[];

/** What circom's witness generators export (version 2). Values pass through a shared buffer of 32-bit limbs. */
interface CircomExports {
  init(sanityCheck: number): void;
  getInputSize(): number;
  getWitnessSize(): number;
  getInputSignalSize(hashHigh: number, hashLow: number): number;
  setInputSignal(hashHigh: number, hashLow: number, index: number): void;
  getWitness(wire: number): void;
  readSharedRWMemory(limb: number): number;
  writeSharedRWMemory(limb: number, value: number): void;
  getMessageChar(): number;
}

const LIMBS = 8;
const ASSERT_FAILED = 4;

/**
 * A circuit's witness generator, instantiated once for any number of witnesses. (snarkjs makes a new instance for each,
 * with two gigabytes of address space that the garbage collector has to take away.)
 */
export class WitnessGenerator {
  readonly #module: WebAssembly.Module;
  #instance: CircomExports | undefined;

  constructor(module: WebAssembly.Module) {
    this.#module = module;
  }

  static async load(wasm: Uint8Array): Promise<WitnessGenerator> {
    return new WitnessGenerator(await WebAssembly.compile(wasm));
  }

  /** The values of all wires. Throws an `Error` with "Assert Failed" and circom's trace where a `===` does not hold. */
  witness(input: CircuitInput): bigint[] {
    const circom = (this.#instance ??= this.#instantiate());
    try {
      circom.init(0);
      let given = 0;
      for (const [signal, value] of Object.entries(input)) given += setSignal(circom, signal, flat(value));
      if (given !== circom.getInputSize()) throw new Error(`${given} inputs of ${circom.getInputSize()} were given`);
      return Array.from({ length: circom.getWitnessSize() }, (_, wire) => {
        circom.getWitness(wire);
        return readValue(circom);
      });
    } catch (error) {
      this.#instance = undefined; // it stopped in the middle, and its stack with it
      throw error;
    }
  }

  #instantiate(): CircomExports {
    const trace: string[] = [];
    const message = (): string => {
      let text = "";
      for (let char = circom.getMessageChar(); char !== 0; char = circom.getMessageChar())
        text += String.fromCharCode(char);
      return text;
    };
    const runtime = {
      exceptionHandler: (code: number) => {
        throw new Error([code === ASSERT_FAILED ? "Assert Failed" : `circom's error ${code}`, ...trace].join("\n"));
      },
      printErrorMessage: () => void trace.push(message()),
      writeBufferMessage: () => void message(),
      showSharedRWMemory: () => undefined,
    };
    const circom = new WebAssembly.Instance(this.#module, { runtime }).exports as unknown as CircomExports;
    return circom;
  }
}

function setSignal(circom: CircomExports, signal: string, values: readonly bigint[]): number {
  const hash = fnv1a(signal);
  const [high, low] = [Number(BigInt.asIntN(32, hash >> 32n)), Number(BigInt.asIntN(32, hash))];
  const size = circom.getInputSignalSize(high, low);
  if (size !== values.length)
    throw new Error(`The input ${signal} has ${values.length} values; the circuit takes ${size}`);
  for (const [i, value] of values.entries()) {
    const canonical = ((value % FIELD_ORDER) + FIELD_ORDER) % FIELD_ORDER;
    for (let limb = 0; limb < LIMBS; limb++) {
      circom.writeSharedRWMemory(limb, Number(BigInt.asIntN(32, canonical >> BigInt(32 * limb))));
    }
    circom.setInputSignal(high, low, i);
  }
  return values.length;
}

function readValue(circom: CircomExports): bigint {
  let value = 0n;
  for (let limb = LIMBS - 1; limb >= 0; limb--) value = (value << 32n) | BigInt(circom.readSharedRWMemory(limb) >>> 0);
  return value;
}

const flat = (value: CircuitValue): bigint[] => (typeof value === "object" ? value.flatMap(flat) : [BigInt(value)]);

/** The 64-bit hash by which circom finds an input's name. */
function fnv1a(name: string): bigint {
  const step = (hash: bigint, char: string): bigint =>
    BigInt.asUintN(64, (hash ^ BigInt(char.charCodeAt(0))) * 0x100000001b3n);
  return [...name].reduce(step, 0xcbf29ce484222325n);
}
