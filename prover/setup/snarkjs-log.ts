import type { Logger } from "snarkjs";
import type { Progress } from "./progress.ts";

/** Starts of snarkjs' progress messages in the order in which they come. */
export const STEPS = {
  first: [
    "processing constraints",
    "writing coeffs",
    "Writing points start C:",
    "Writing points start A:",
    "Writing points start B1:",
    "Writing points start B2:",
  ],
  contribute: ["Applying key: L Section", "Applying key: H Section"],
  verify: ["Same ratio check", "H Verification(tau)", "H Verification(lagrange)"],
} as const;

/** A logger for snarkjs that turns its messages into progress, steps counting equally, and keeps its errors. */
export function progressLogger(
  steps: readonly string[],
  phase: string,
  onProgress: Progress = () => {},
): Logger & { readonly errors: readonly string[] } {
  const errors: string[] = [];
  let furthest = 0;
  return {
    errors,
    debug(message) {
      const step = steps.findIndex((start) => message.startsWith(start));
      const [, done, all] = /(\d+)\/(\d+)$/.exec(message) ?? [];
      if (step < 0 || done === undefined) return;
      furthest = Math.max(furthest, (step + Number(done) / Number(all)) / steps.length);
      onProgress(furthest, phase);
    },
    info() {},
    warn() {},
    error: (message) => void errors.push(message),
  };
}
