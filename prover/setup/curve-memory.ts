/** Bits of BN254's scalar field; bytes of a scalar; bytes of a coordinate in each group's field. */
export const SCALAR_BITS = 254;
export const SCALAR_BYTES = 32;
const COORDINATE_BYTES = { G1: 32, G2: 64 } as const;

export type GroupName = keyof typeof COORDINATE_BYTES;

/** Bytes of an affine point; a Jacobian one, as the kernels compute with, has a third coordinate. */
export const affineBytes = (group: GroupName): number => 2 * COORDINATE_BYTES[group];
export const jacobianBytes = (group: GroupName): number => 3 * COORDINATE_BYTES[group];

type Kernel = (...parameters: number[]) => void;

/** Pages of 64 KiB that the module itself asks for. */
const INITIAL_PAGES = 25;
const PAGE_BYTES = 1 << 16;

/**
 * One instance of the module with its memory. Everything in it is an address: kernels are called directly, because
 * passing values in and out costs more than a field multiplication.
 */
export class CurveMemory {
  readonly #memory: WebAssembly.Memory;
  readonly #exports: WebAssembly.Exports;

  constructor(module: WebAssembly.Module) {
    this.#memory = new WebAssembly.Memory({ initial: INITIAL_PAGES });
    this.#exports = new WebAssembly.Instance(module, { env: { memory: this.#memory } }).exports;
  }

  /** A view of the whole memory; `allocate` makes earlier views useless. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.#memory.buffer);
  }

  /** An exported function of the module, such as `frm_mul(a, b, out)`. */
  kernel(name: string): Kernel {
    const found = this.#exports[name];
    if (typeof found !== "function") throw new Error(`the curve's WASM module has no ${name}`);
    return found as Kernel;
  }

  /**
   * Reserves zeroed memory. Kernels that work on many elements take more behind the last allocation by themselves:
   * `spare` says how much must be there.
   */
  allocate(size: number, spare = 0): number {
    const free = new Uint32Array(this.#memory.buffer, 0, 1);
    const at = (free[0]! + 7) & ~7;
    const missing = at + size + spare - this.#memory.buffer.byteLength;
    if (missing > 0) this.#memory.grow(Math.ceil(missing / PAGE_BYTES));
    // The first word of the memory is the module's own pointer to free memory; growing has moved the view.
    new Uint32Array(this.#memory.buffer, 0, 1)[0] = at + size;
    // Kernels have perhaps used this memory as their spare one.
    this.bytes.fill(0, at, at + size);
    return at;
  }

  read(at: number, size: number): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.#memory.buffer, at, size);
  }

  /** Overwrites everything that was allocated since `from`. */
  wipe(from: number): void {
    this.bytes.fill(0, from);
  }
}
