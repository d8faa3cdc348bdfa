/** What can compute a proof. */
export const BACKENDS = ["native", "snarkjs"] as const;
export type Backend = (typeof BACKENDS)[number];

export interface BackendChoice {
  /** Default: native if it can be built here, JavaScript (snarkjs and ours) otherwise. */
  readonly backend?: Backend | undefined;
  /** Told why it is JavaScript when nothing was chosen. */
  readonly onNote?: ((note: string) => void) | undefined;
}
