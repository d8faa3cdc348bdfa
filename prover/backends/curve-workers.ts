import { getCurveFromName, type Curve } from "ffjavascript";

let starting: Promise<Curve> | undefined;

/**
 * snarkjs' curve with its worker threads, which ffjavascript keeps in a global. Two first uses at the same time would make
 * two curves, and nobody could end the threads of the one that is forgotten: so it is made here alone.
 */
export function curveOfSnarkjs(): Promise<Curve> {
  starting ??= getCurveFromName("bn128").finally(() => (starting = undefined));
  return starting;
}

/**
 * Ends the worker threads that snarkjs starts on first use: they keep the process alive. Call it once at the end of a
 * program; snarkjs starts them again if it is used afterwards, but not while it is at work.
 */
export async function endCurveWorkers(): Promise<void> {
  const isThere = (globalThis as { curve_bn128?: unknown }).curve_bn128 !== null;
  if (isThere || starting !== undefined) await (await curveOfSnarkjs()).terminate();
}
