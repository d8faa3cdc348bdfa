/** The part of ffjavascript 0.3 that Sheaf uses; the package ships no types. Elements and points are Montgomery bytes. */
declare module "ffjavascript" {
  /** The ChaCha20 generator, from a key of 8 words. */
  export class ChaCha {
    constructor(key: readonly number[]);
  }

  export interface ScalarField {
    /** `w[k]` generates the subgroup of order 2^k. */
    readonly w: readonly Uint8Array[];
    e(value: bigint | number): Uint8Array;
    toObject(element: Uint8Array): bigint;
    fromRng(generator: ChaCha): Uint8Array;
  }

  export interface Group {
    /** The generator as an affine point. */
    readonly oneAffine: Uint8Array;
    /** Affine points in Montgomery form, as a key holds them, to big-endian coordinates. */
    batchLEMtoU(points: Uint8Array): Promise<Uint8Array>;
    /** Multiplies point i by `first · increment^i`. */
    batchApplyKey(points: Uint8Array, first: Uint8Array, increment: Uint8Array): Promise<Uint8Array>;
  }

  export interface Curve {
    readonly Fr: ScalarField;
    readonly G1: Group;
    readonly G2: Group;
    /** The WASM module; `code` is only there in a curve made single-threaded. */
    readonly tm: {
      readonly code?: Uint8Array;
      readonly pG1gen: number;
      readonly pG2gen: number;
    };
    terminate(): Promise<void>;
  }

  export function getCurveFromName(name: string, singleThread?: boolean): Promise<Curve>;
}
