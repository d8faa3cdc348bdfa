/** The part of circomlibjs 0.1.7 that Sheaf uses; the package ships no types. Field elements are Montgomery bytes. */
declare module "circomlibjs" {
  export interface FieldElements {
    e(value: bigint | number | string | Uint8Array): Uint8Array;
    toObject(element: Uint8Array): bigint;
  }

  export interface Poseidon {
    (inputs: readonly (bigint | number)[], initialState?: bigint | number): Uint8Array;
    readonly F: FieldElements;
  }
  export function buildPoseidon(): Promise<Poseidon>;
  /** The textbook rounds, without the optimisation that `buildPoseidon` has. */
  export function buildPoseidonReference(): Promise<Poseidon>;

  export interface BabyJubjub {
    readonly F: FieldElements;
    /** Order of the field, of the group, and of the prime subgroup. */
    readonly p: bigint;
    readonly order: bigint;
    readonly subOrder: bigint;
    readonly Base8: [Uint8Array, Uint8Array];
  }
  export function buildBabyjub(): Promise<BabyJubjub>;

  export interface EddsaSignature {
    R8: [Uint8Array, Uint8Array];
    S: bigint;
  }
  export interface Eddsa {
    readonly F: FieldElements;
    prv2pub(privateKey: Uint8Array): [Uint8Array, Uint8Array];
    signPoseidon(privateKey: Uint8Array, message: Uint8Array): EddsaSignature;
    verifyPoseidon(message: Uint8Array, signature: EddsaSignature, publicKey: [Uint8Array, Uint8Array]): boolean;
  }
  export function buildEddsa(): Promise<Eddsa>;
}
