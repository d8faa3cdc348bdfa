import { getCurveFromName } from "ffjavascript";

/**
 * Ends the worker threads that snarkjs starts on first use: they keep the process alive. Call it once at the end of a
 * program; snarkjs starts them again if it is used afterwards, but not while it is at work.
 */
export async function endCurveWorkers(): Promise<void> {
  // ffjavascript keeps its one curve in a global and hands it out here; without one there is nothing to end.
  if ((globalThis as { curve_bn128?: unknown }).curve_bn128) await (await getCurveFromName("bn128")).terminate();
}
