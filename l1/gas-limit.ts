/** The most gas that a transaction may use (EIP-7825). */
export const MOST_GAS = 2 ** 24;

/** A limit for what a node estimates, with room for what changes until the transaction is mined. Unused gas costs nothing. */
export const roomFor = (estimate: bigint): number => Math.ceil(Number(estimate) * 1.25);

/**
 * Whether a transaction failed because it had too little gas. One that runs out of it has used all; but where a verifier
 * did, or a precompile of it, each call on the way there has kept a 64th (EIP-150).
 */
export const lackedGas = (gasUsed: bigint, gasLimit: bigint): boolean => gasUsed * 64n >= gasLimit * 61n;
