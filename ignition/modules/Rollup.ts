import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";

/** A batch size as the contract's constructor takes it, with its verifier's contract name in place of the address. */
export interface RollupSize {
  readonly verifier: string;
  readonly transfers: number;
  readonly l1Operations: number;
  readonly withdrawals: number;
  readonly circuitHash: string;
  readonly keyHash: string;
}

export interface RollupParameters {
  readonly owner: string;
  readonly operator: string;
  readonly sizes: readonly RollupSize[];
  /** Tokens to register, by address; their ids are 1, 2, … Only the owner can register them. */
  readonly tokens: readonly string[];
}

/** The verifiers, the rollup, its tokens: in that order, each step once however often a deployment is resumed. */
export function rollupModule({ owner, operator, sizes, tokens }: RollupParameters) {
  return buildModule("Sheaf", (m) => {
    const batchSizes = sizes.map(({ verifier, ...size }) => ({ ...size, verifier: m.contract(verifier) }));
    const rollup = m.contract("Rollup", [owner, operator, batchSizes]);
    let before = {};
    for (const [place, token] of tokens.entries()) {
      const registration = m.call(rollup, "registerToken", [token], { id: `registerToken${place + 1}`, ...before });
      // Ids are given in order of arrival.
      before = { after: [registration] };
    }
    return { rollup };
  });
}
