/** The parts of wasmbuilder 0.0.16 and wasmcurves 0.2.2 that Sheaf uses; the packages ship no types. */
declare module "wasmbuilder" {
  export class ModuleBuilder {
    /** Where the next allocation begins, in bytes. */
    free: number;
    setMemory(pages: number): void;
    /** The address of so many bytes. */
    alloc(size: number): number;
    /** The module's binary. */
    build(): Uint8Array;
  }
}

declare module "wasmcurves" {
  import type { ModuleBuilder } from "wasmbuilder";

  /** Adds the arithmetic of a prime field in Montgomery form. */
  export function buildF1m(module: ModuleBuilder, order: bigint, prefix: string, integerPrefix?: string): string;
}
