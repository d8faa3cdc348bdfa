/** What can compute a proof. */
export const BACKENDS = ["native", "snarkjs"] as const;
export type Backend = (typeof BACKENDS)[number];
