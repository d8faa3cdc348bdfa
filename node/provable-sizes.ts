import { BATCH_SIZES, type BatchSize } from "../protocol/constants.ts";
import { SheafError } from "../protocol/errors.ts";
import { BUILD, ensureCircuit, type SetupKind } from "../prover/artifacts/artifacts.ts";
import { loadKey } from "../prover/artifacts/key-cache.ts";
import type { SnarkjsKeys } from "../prover/backends/snarkjs.ts";
import type { RegisteredSize } from "./store/store.ts";

/** A batch size of the rollup, with keys that are those whose hashes are on L1. */
export interface ProvableSize {
  readonly size: RegisteredSize;
  /** The size with what L1 does not say of it. */
  readonly rows: BatchSize;
  readonly keys: SnarkjsKeys;
}

/** Finds the keys of a registered size, and checks that they are those on L1. */
export type KeySource = (size: RegisteredSize) => Promise<{ readonly name: string; readonly keys: SnarkjsKeys }>;

/**
 * The rollup's sizes with their keys, to make and prove batches of.
 *
 * @throws SheafError SIZE_NOT_KNOWN, and the codes of the source
 */
export async function provableSizes(
  sizes: readonly RegisteredSize[],
  source: KeySource,
): Promise<readonly ProvableSize[]> {
  const provable: ProvableSize[] = [];
  for (const size of sizes) {
    const { name, keys } = await source(size);
    provable.push({ size, rows: knownSize(name, size), keys });
  }
  return provable;
}

/**
 * The keys that were made or installed on this machine.
 *
 * Its calls throw ARTIFACT_MISMATCH if L1 has others, SIZE_NOT_KNOWN, KEY_MISSING, ARTIFACT_CORRUPT,
 * CIRCUIT_COMPILE_FAILED.
 */
export const builtKeys =
  (setup: SetupKind): KeySource =>
  async (size) => {
    const rows = sizeWithRows(size, `${size.id}`);
    const circuit = await ensureCircuit(rows);
    const { zkey, hash, verificationKey } = await loadKey(circuit, setup, BUILD.keys);
    if (size.circuitHash !== `0x${circuit.hash}` || size.keyHash !== `0x${hash}`) {
      throw new SheafError("ARTIFACT_MISMATCH", `the ${setup} key of ${rows.name} here is not the one on L1`);
    }
    return { name: rows.name, keys: { wasm: circuit.wasm, plan: circuit.plan, zkey, verificationKey } };
  };

/**
 * The size with rows as L1 has them registered.
 *
 * @param which it is, for an error
 * @throws SheafError SIZE_NOT_KNOWN
 */
export function sizeWithRows(rows: Rows, which: string): BatchSize {
  const known = BATCH_SIZES.find((candidate) => hasRows(candidate, rows));
  if (known === undefined) throw unknownSize(which);
  return known;
}

/**
 * A registered size with what L1 does not say of it: how many accounts, segments and nodes its circuit has.
 *
 * @throws SheafError SIZE_NOT_KNOWN
 */
export function knownSize(name: string, size: RegisteredSize): BatchSize {
  const known = BATCH_SIZES.find((candidate) => candidate.name === name);
  if (known !== undefined && hasRows(known, size)) return known;
  throw unknownSize(name);
}

type Rows = Pick<RegisteredSize, "transfers" | "l1Operations" | "withdrawals">;

const hasRows = (known: BatchSize, { transfers, l1Operations, withdrawals }: Rows): boolean =>
  known.transfers === transfers && known.l1Operations === l1Operations && known.withdrawals === withdrawals;

const unknownSize = (which: string): SheafError =>
  new SheafError("SIZE_NOT_KNOWN", `the rollup has a batch size ${which} that this version does not know`);
