import { FIELD_ORDER } from "./constants.ts";
import { toField } from "./field.ts";

/** Poseidon for some numbers of inputs as WebAssembly, as `npm run generate` writes it. */
export interface PoseidonModule {
  readonly counts: readonly number[];
  /** Size of its memory, in 64 KiB. */
  readonly pages: number;
  /** Addresses, in bytes, of the first lane, of the other lanes, and of the result. */
  readonly state: number;
  readonly inputs: number;
  readonly output: number;
  /** Base64. */
  readonly binary: string;
}

/** The hash of one of the module's numbers of inputs, behind a value of the first lane. */
export type Poseidon = (inputs: readonly bigint[], state?: bigint) => bigint;

interface Exports {
  frm_toMontgomery(from: number, to: number): void;
  frm_fromMontgomery(from: number, to: number): void;
  poseidon(state: number, inputs: number, count: number, output: number, outputs: number): void;
}

const ELEMENT = 32;

export async function instantiatePoseidon(module: PoseidonModule): Promise<Poseidon> {
  const memory = new WebAssembly.Memory({ initial: module.pages });
  const instance = new WebAssembly.Instance(await WebAssembly.compile(bytesOf(module.binary)), { env: { memory } });
  const { frm_toMontgomery, frm_fromMontgomery, poseidon } = instance.exports as unknown as Exports;
  const view = new DataView(memory.buffer);

  const write = (address: number, value: bigint): void => {
    const element = value >= 0n && value < FIELD_ORDER ? value : toField(value);
    for (let word = 0; word < 4; word++) view.setBigUint64(address + 8 * word, element >> BigInt(64 * word), true);
    frm_toMontgomery(address, address);
  };
  return (inputs, state = 0n) => {
    if (!module.counts.includes(inputs.length)) throw new RangeError(`no Poseidon here has ${inputs.length} inputs`);
    write(module.state, state);
    for (const [place, value] of inputs.entries()) write(module.inputs + ELEMENT * place, value);
    poseidon(module.state, module.inputs, inputs.length, module.output, 1);
    frm_fromMontgomery(module.output, module.output);
    let hash = 0n;
    for (let word = 3; word >= 0; word--) hash = (hash << 64n) | view.getBigUint64(module.output + 8 * word, true);
    return hash;
  };
}

/** Base64 decoded. Browsers and Node.js have `Uint8Array.fromBase64` since 2025 alone. */
function bytesOf(base64: string): Uint8Array {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let place = 0; place < text.length; place++) bytes[place] = text.charCodeAt(place);
  return bytes;
}
