import { formatEther, type TransactionReceipt } from "ethers";
import type { CircuitInput } from "../../protocol/witness.ts";
import type { CircuitHashes } from "../../prover/artifacts/published.ts";
import { exitCall, pathCall } from "../../wallet/exit.ts";
import type { L1Rollup } from "../../wallet/l1-rollup.ts";
import type { AtHead } from "./follow.ts";
import { proofWith, publishedKeys, type PublishedKeys } from "./keys.ts";
import { say } from "./output.ts";

/** How accounts leave a frozen rollup. */
export interface ExitWay {
  /** Sees to what it needs outside of L1, before the rollup is frozen for it. */
  check(): Promise<unknown>;
  /** Sees to what it needs on L1; without a sender only says what that is. */
  prepare(sender: L1Rollup | undefined): Promise<unknown>;
  /** Makes the call that an account leaves by. What sends it gives nothing if somebody else was first. */
  callOf(index: number): Promise<(sender: L1Rollup) => Promise<TransactionReceipt | undefined>>;
}

/**
 * By proofs.
 *
 * @param source published key files, which L1 vouches for
 */
export function byProof({ l1, store }: AtHead, source: string): ExitWay {
  const opened = async (): Promise<PublishedKeys> => {
    const [hashes] = (await l1.call("exitCircuit", [], store.cursor.number)) as [CircuitHashes];
    return publishedKeys(source, hashes);
  };
  let files: Promise<PublishedKeys> | undefined;
  const open = (): Promise<PublishedKeys> => (files ??= opened());
  return {
    check: open,
    prepare: open,
    callOf: async (index) => {
      const { keys } = await open();
      const prove = (input: CircuitInput) => proofWith(`proof of account ${index}`, keys, input);
      const call = await exitCall(store.state(), index, prove);
      return (sender) => sender.exit(...call);
    },
  };
}

/** By their places in the state's tree, which a contract hashes that is deployed if nobody did so before. */
export function byPath({ store }: AtHead, rollup: L1Rollup): ExitWay {
  return {
    check: () => Promise.resolve(),
    prepare: async (sender) => {
      const cost = await rollup.hasherCost();
      if (cost === undefined) return;
      const what = `about ${cost.gas.toLocaleString("en")} gas, now ${formatEther(cost.wei)} ETH`;
      say(`the contract that hashes paths is not there yet: its deployment, once for everybody, takes ${what}`);
      await sender?.deployHasher();
    },
    callOf: (index) => {
      const call = pathCall(store.state(), index);
      return Promise.resolve((sender) => sender.exitByPath(...call));
    },
  };
}
