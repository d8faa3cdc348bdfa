import type { CircuitHashes } from "../prover/artifacts/published.ts";
import type { Rollup } from "../types/generated/index.ts";

/** A batch size, or the exit, as L1 has it. */
export interface RegisteredCircuit extends CircuitHashes {
  /** Rows of a batch size; the exit has none. */
  readonly rows?: { readonly transfers: number; readonly l1Operations: number; readonly withdrawals: number };
  readonly verifier: string;
}

/** The batch sizes by their ids, and the exit behind them. */
export async function registeredCircuits(rollup: Rollup): Promise<readonly RegisteredCircuit[]> {
  const circuits: RegisteredCircuit[] = [];
  for (let id = 0; id < Number(await rollup.batchSizeCount()); id++) {
    const { transfers, l1Operations, withdrawals, verifier, circuitHash, keyHash } = await rollup.batchSize(id);
    const rows = { transfers: Number(transfers), l1Operations: Number(l1Operations), withdrawals: Number(withdrawals) };
    circuits.push({ rows, verifier, circuitHash, keyHash });
  }
  const { verifier, circuitHash, keyHash } = await rollup.exitCircuit();
  return [...circuits, { verifier, circuitHash, keyHash }];
}
