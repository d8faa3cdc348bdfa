import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";
import type { IgnitionModuleBuilder, NamedArtifactContractDeploymentFuture } from "@nomicfoundation/ignition-core";
import { ZeroAddress, ZeroHash } from "ethers";

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
  /** Tokens to register, by address; their ids are 1, 2, … Only the owner can register them. */
  readonly tokens: readonly string[];
  /** Seconds that a timelock which takes over from the owner makes every later change wait; none takes over without. */
  readonly timelockDelay?: number;
}

/** The verifiers, the rollup, its tokens, its timelock: in that order, each step once however often it is resumed. */
export function rollupModule({ owner, operator, sizes, exit, tokens, timelockDelay }: RollupParameters) {
  return buildModule("Sheaf", (m) => {
    const withContract = <T extends CircuitParameters>({ verifier, ...rest }: T) => ({
      ...rest,
      verifier: m.contract(verifier),
    });
    const rollup = m.contract("Rollup", [owner, operator, sizes.map(withContract), withContract(exit)]);
    let before = {};
    for (const [place, token] of tokens.entries()) {
      const registration = m.call(rollup, "registerToken", [token], { id: `registerToken${place + 1}`, ...before });
      // Ids are given in order of arrival.
      before = { after: [registration] };
    }
    if (timelockDelay === undefined) return { rollup };
    return { rollup, timelock: handOver(m, rollup, owner, timelockDelay, before) };
  });
}

/**
 * Hands the rollup to a timelock, which starts without a delay so that accepting takes none, and gives itself its delay
 * in the same step. The owner proposes; whoever likes executes; nobody administers it but itself.
 */
function handOver(
  m: IgnitionModuleBuilder,
  rollup: NamedArtifactContractDeploymentFuture<"Rollup">,
  owner: string,
  delay: number,
  before: object,
) {
  const timelock = m.contract("TimelockController", [0, [owner], [ZeroAddress], ZeroAddress]);
  const transfer = m.call(rollup, "transferOwnership", [timelock], before);
  const calls = [
    m.encodeFunctionCall(rollup, "acceptOwnership", []),
    m.encodeFunctionCall(timelock, "updateDelay", [delay]),
  ];
  const batch = [[rollup, timelock], [0, 0], calls, ZeroHash, ZeroHash];
  const schedule = m.call(timelock, "scheduleBatch", [...batch, 0], { after: [transfer] });
  m.call(timelock, "executeBatch", batch, { after: [schedule] });
  return timelock;
}
