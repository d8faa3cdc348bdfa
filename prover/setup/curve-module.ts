import { getCurveFromName } from "ffjavascript";
import type { GroupName } from "./curve-memory.ts";

/** The arithmetic of BN254 compiled to WASM (wasmcurves, as ffjavascript builds it). It can be sent to worker threads. */
export interface CurveModule {
  readonly module: WebAssembly.Module;
  /** Addresses of the groups' generators, as affine points. */
  readonly generator: Readonly<Record<GroupName, number>>;
  /** `root(k)` generates the scalar field's subgroup of order 2^k: snarkjs' choice, which a key must share. */
  readonly root: (k: number) => bigint;
}

/** ffjavascript gives the module's bytes away only with a curve that has no worker threads. */
export async function loadCurveModule(): Promise<CurveModule> {
  const curve = await getCurveFromName("bn128", true);
  const { code, pG1gen, pG2gen } = curve.tm;
  if (code === undefined) throw new Error("this version of ffjavascript does not give its WASM module away");
  return {
    module: await WebAssembly.compile(code.slice()),
    generator: { G1: pG1gen, G2: pG2gen },
    root: (k) => {
      const root = curve.Fr.w[k];
      if (root === undefined) throw new Error(`BN254's scalar field has no subgroup of order 2^${k}`);
      return curve.Fr.toObject(root);
    },
  };
}
