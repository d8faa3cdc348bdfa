/** The part of snarkjs 0.7 that Sheaf uses; the package ships no types. */
declare module "snarkjs" {
  /** A file held in memory; filled in by the function it is given to. */
  export interface MemoryFile {
    readonly type: "mem";
    data?: Uint8Array;
  }
  export type FileLike = string | MemoryFile;

  export const wtns: {
    calculate(input: unknown, wasm: FileLike, output: FileLike): Promise<void>;
    exportJson(file: FileLike): Promise<bigint[]>;
  };

  /** Points in affine or projective coordinates: decimal strings. */
  export type PointG1 = readonly [string, string, string];
  export type PointG2 = readonly [readonly [string, string], readonly [string, string], readonly [string, string]];

  export interface Groth16Proof {
    readonly protocol: "groth16";
    readonly curve: "bn128";
    readonly pi_a: PointG1;
    readonly pi_b: PointG2;
    readonly pi_c: PointG1;
  }
  export interface VerificationKey {
    readonly protocol: "groth16";
    readonly curve: "bn128";
    readonly nPublic: number;
    readonly vk_alpha_1: PointG1;
    readonly vk_beta_2: PointG2;
    readonly vk_gamma_2: PointG2;
    readonly vk_delta_2: PointG2;
    readonly IC: readonly PointG1[];
  }

  /** Gets progress as text: `debug` in steps, `info` results, `error` why a function returned false. */
  export interface Logger {
    debug(message: string): void;
    info(message: string): void;
    warn(message: string): void;
    error(message: string): void;
  }

  export const groth16: {
    prove(
      zkey: FileLike,
      witness: FileLike,
      logger?: Logger,
    ): Promise<{ proof: Groth16Proof; publicSignals: string[] }>;
    /** Files of the circuit and key as paths, URLs, or bytes. */
    fullProve(
      input: unknown,
      wasm: string | Uint8Array,
      zkey: string | Uint8Array,
    ): Promise<{ proof: Groth16Proof; publicSignals: string[] }>;
    verify(key: VerificationKey, publicSignals: readonly string[], proof: Groth16Proof): Promise<boolean>;
    exportSolidityCallData(proof: Groth16Proof, publicSignals: readonly string[]): Promise<string>;
  };

  export const powersOfTau: {
    preparePhase2(from: FileLike, to: FileLike, logger?: Logger): Promise<void>;
  };

  export const zKey: {
    /** Returns the circuit's hash, or -1 with the reason logged. */
    newZKey(r1cs: FileLike, powersOfTau: FileLike, zkey: FileLike, logger?: Logger): Promise<Uint8Array | -1>;
    contribute(from: FileLike, to: FileLike, name: string, entropy: string, logger?: Logger): Promise<Uint8Array>;
    /** Returns the contribution's hash, or false with the reason logged. */
    beacon(
      from: FileLike,
      to: FileLike,
      name: string,
      hash: string,
      iterationsExponent: number,
      logger?: Logger,
    ): Promise<Uint8Array | false>;
    /** Makes the first key again and verifies against it; logs why if the result is false. */
    verifyFromR1cs(r1cs: FileLike, powersOfTau: FileLike, zkey: FileLike, logger?: Logger): Promise<boolean>;
    verifyFromInit(first: FileLike, powersOfTau: FileLike, zkey: FileLike, logger?: Logger): Promise<boolean>;
    exportVerificationKey(zkey: FileLike): Promise<VerificationKey>;
    exportSolidityVerifier(zkey: FileLike, templates: Readonly<Record<"groth16", string>>): Promise<string>;
  };
}
