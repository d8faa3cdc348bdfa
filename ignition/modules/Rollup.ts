import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";
import { ZeroAddress } from "ethers";

/** A circuit's verifier as a contract's name in place of its address, and the hashes of its files. */
export interface CircuitParameters {
  readonly verifier: string;
  readonly circuitHash: string;
  readonly keyHash: string;
}

/** A batch size as the contract's constructor takes it. */
export interface RollupSize extends CircuitParameters {
  readonly transfers: number;
  readonly l1Operations: number;
  readonly withdrawals: number;
}

export interface RollupParameters {
  readonly owner: string;
  readonly operator: string;
  readonly sizes: readonly RollupSize[];
  readonly exit: CircuitParameters;
  /** Name of the contract that verifies proofs of the sizes together. */
  readonly jointVerifier: string;
  /** Whether the rollup takes transfers in blobs as well. */
  readonly blobs?: boolean;
  /** Tokens to register, by address; their ids are 1, 2, … Only the owner can register them. */
  readonly tokens: readonly string[];
  /** Seconds that a timelock which takes over from the owner makes every later change wait; none takes over without. */
  readonly timelockDelay?: number;
}

/**
 * What the timelock is made with: no delay, so that accepting the rollup takes none; the owner proposes, anybody executes.
 */
export const timelockArguments = (owner: string) => [0, [owner], [ZeroAddress], ZeroAddress] as const;

/**
 * The contracts: the verifiers, the rollup, its timelock, each once however often it is resumed. The calls after
 * that is not Ignition's, for somebody else may have done it: `deploy/set-up.ts`.
 */
export function rollupModule(parameters: RollupParameters) {
  const { owner, operator, sizes, exit, jointVerifier, blobs = false, timelockDelay } = parameters;
  return buildModule("Sheaf", (m) => {
    const withContract = <T extends CircuitParameters>({ verifier, ...rest }: T) => ({
      ...rest,
      verifier: m.contract(verifier),
    });
    const rollup = m.contract("Rollup", [
      owner,
      operator,
      sizes.map(withContract),
      withContract(exit),
      m.contract(jointVerifier),
      blobs ? m.contract("BlobOpener") : ZeroAddress,
    ]);
    if (timelockDelay === undefined) return { rollup };
    return { rollup, timelock: m.contract("TimelockController", [...timelockArguments(owner)] as never) };
  });
}
