/**
 * Mutants that no test can tell from the contracts, by file and change, and why. One that is not among the mutants any
 * more fails the run: the list does not outlive what it excuses.
 */
export const EQUIVALENT: Readonly<Record<string, string>> = {};
