/** The part of ffjavascript 0.3 that Sheaf uses; the package ships no types. Elements and points are Montgomery bytes. */
declare module "ffjavascript" {
  /** The ChaCha20 generator, from a key of 8 words. */
  export class ChaCha {
    constructor(key: readonly number[]);
  }

  export interface Field {
    /** Bytes of an element. */
    readonly n8: number;
    readonly zero: Uint8Array;
    /** Of a number, or of two in a quadratic extension. */
    fromObject(value: bigint | readonly [bigint, bigint]): Uint8Array;
    isZero(a: Uint8Array): boolean;
    add(a: Uint8Array, b: Uint8Array): Uint8Array;
    sub(a: Uint8Array, b: Uint8Array): Uint8Array;
    mul(a: Uint8Array, b: Uint8Array): Uint8Array;
    square(a: Uint8Array): Uint8Array;
    neg(a: Uint8Array): Uint8Array;
    inv(a: Uint8Array): Uint8Array;
  }

  export interface ScalarField extends Field {
    /** `w[k]` generates the subgroup of order 2^k. */
    readonly w: readonly Uint8Array[];
    e(value: bigint | number): Uint8Array;
    toObject(element: Uint8Array): bigint;
    fromRng(generator: ChaCha): Uint8Array;
    fft(values: Uint8Array): Promise<Uint8Array>;
    ifft(values: Uint8Array): Promise<Uint8Array>;
    /** Multiplies element i by `first · increment^i`. */
    batchApplyKey(values: Uint8Array, first: Uint8Array, increment: Uint8Array): Promise<Uint8Array>;
  }

  export interface Group {
    /** The coordinates' field. */
    readonly F: Field;
    /** The generator as an affine point. */
    readonly oneAffine: Uint8Array;
    readonly zeroAffine: Uint8Array;
    add(p: Uint8Array, q: Uint8Array): Uint8Array;
    double(p: Uint8Array): Uint8Array;
    neg(p: Uint8Array): Uint8Array;
    timesScalar(p: Uint8Array, scalar: bigint): Uint8Array;
    toAffine(p: Uint8Array): Uint8Array;
    isZero(p: Uint8Array): boolean;
    /** A point of coordinates, of G2 in pairs, in projective form if there are three. */
    fromObject(coordinates: readonly (bigint | readonly [bigint, bigint])[]): Uint8Array;
    /** The coordinates of a point, in projective form. */
    toObject(p: Uint8Array): readonly (bigint | readonly [bigint, bigint])[];
    /** Σ scalar·point, of affine points and plain scalars. */
    multiExpAffine(points: Uint8Array, scalars: Uint8Array): Promise<Uint8Array>;
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
