import fc from "fast-check";

/** Seed of all random cases (`./sheaf test --seed`): the same seed gives the same cases. */
export const SEED = Number(process.env["SHEAF_SEED"] ?? 1);

// Loaded by mocha before any test.
fc.configureGlobal({ seed: SEED });

/** What a user may have set for commands, such as while following the quickstart: tests name all that they mean. */
const OF_COMMANDS = [
  ...["SHEAF_NODE", "SHEAF_RPC", "SHEAF_ROLLUP", "SHEAF_WALLET", "SHEAF_PASSWORD"],
  ...["SHEAF_PRIVATE_KEY", "SHEAF_PROVER_TOKEN", "DEPLOYER_PRIVATE_KEY"],
];
for (const name of OF_COMMANDS) delete process.env[name];
