import { dataLength, dataSlice, getBytes } from "ethers";

/** What the compiler made of a contract, as Hardhat keeps it. */
export interface CompiledCode {
  readonly deployedBytecode: string;
  /** Places of the immutable variables, in bytes, by the number of each variable. */
  readonly immutableReferences?: Readonly<
    Record<string, readonly { readonly start: number; readonly length: number }[]>
  >;
}

/**
 * Whether runtime code is what was compiled, metadata included. Immutable variables may hold anything, but each holds the
 * same wherever the code reads it: so what the contract's own functions say of it is what it works with.
 */
export function isCompiledFrom(code: string, { deployedBytecode, immutableReferences = {} }: CompiledCode): boolean {
  if (dataLength(code) !== dataLength(deployedBytecode)) return false;
  const [deployed, compiled] = [getBytes(code), getBytes(deployedBytecode)];
  for (const places of Object.values(immutableReferences)) {
    const values = places.map(({ start, length }) => dataSlice(code, start, start + length));
    if (new Set(values).size > 1) return false;
    for (const { start, length } of places) deployed.fill(0, start, start + length);
  }
  return Buffer.compare(deployed, compiled) === 0;
}
