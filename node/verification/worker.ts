import { satisfiesEquation } from "../../protocol/signature-equation.ts";
import type { SignatureCheck } from "./verifier.ts";

/** Runs in a thread of its own. */
export default function verifyGroup(checks: readonly SignatureCheck[]): boolean[] {
  return checks.map((check) => satisfiesEquation(...check));
}
