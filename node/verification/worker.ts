import { verifySignature } from "../../protocol/signature.ts";
import type { SignatureCheck } from "./verifier.ts";

/** Runs in a thread of its own. */
export default function verifyGroup(checks: readonly SignatureCheck[]): boolean[] {
  return checks.map((check) => verifySignature(...check));
}
