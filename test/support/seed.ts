import fc from "fast-check";

/** Seed of all random cases (`./sheaf test --seed`): the same seed gives the same cases. */
export const SEED = Number(process.env["SHEAF_SEED"] ?? 1);

// Loaded by mocha before any test.
fc.configureGlobal({ seed: SEED });
