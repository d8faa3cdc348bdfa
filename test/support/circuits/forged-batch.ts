import type { Account } from "../../../protocol/account.ts";
import { buildBatch, type Batch } from "../../../protocol/batch.ts";
import { blobInput } from "../../../protocol/blob.ts";
import { challengeOf, digestOf } from "../../../protocol/challenge.ts";
import { L1_INDEX, type BatchSize } from "../../../protocol/constants.ts";
import type { BatchRequest } from "../../../protocol/request.ts";
import { segmentsOf } from "../../../protocol/segments.ts";
import { RollupState } from "../../../protocol/state.ts";
import { applyMovements, updatesOf } from "../../../protocol/transition.ts";
import { circuitInputOf, type CircuitInput, type SignalValue } from "../../../protocol/witness.ts";
import type { TestCircuit } from "./circuit.ts";

/** A state with these accounts. */
export function stateOf(accounts: Readonly<Record<number, Account>>): RollupState {
  const state = new RollupState();
  for (const [index, account] of Object.entries(accounts)) state.update(Number(index), account);
  return state;
}

/** A batch on a copy of the state. */
export const batchOn = (state: RollupState, size: BatchSize, request: BatchRequest): Batch =>
  buildBatch(state.fork(), size, request);

/** An account slot of a forged batch: what its account, if there is one, becomes. */
export interface ForgedSlot {
  readonly index: number;
  readonly after?: Partial<Account>;
}

/**
 * The input of a batch whose account slots are others than its rows demand, and its fee account perhaps too. Roots, paths,
 * segments and ages are right for what the slots do; slots that are not given are unused.
 */
export function withSlots(
  state: RollupState,
  size: BatchSize,
  request: BatchRequest,
  slots: readonly ForgedSlot[],
  feeAccount = request.feeAccount,
): CircuitInput {
  const { published, publicSignals } = batchOn(state, size, request);
  const work = state.fork();
  const { unused, ...transition } = applyMovements(work, { ...request, withdrawals: [], transfers: [] });
  const forged = {
    ...transition,
    slots: slots.map(({ index, after }) => {
      const before = work.account(index);
      return work.update(index, before && { ...before, ...after });
    }),
    unused: { ...unused, slots: work.update(L1_INDEX, undefined) },
  };
  const segmentation = segmentsOf(size, state.treeFork(), work.treeFork(), updatesOf(size, forged));
  const claimed = { ...published, feeAccount, newRoot: work.root };
  return circuitInputOf(size, request, claimed, forged, segmentation, publicSignals);
}

/**
 * An input with elements of its arrays replaced, such as `"slotBalance[1][0]": 5n`. If a transfer is, the reductions of the
 * polynomial that the transfers are follow.
 */
export function changed(input: CircuitInput, changes: Readonly<Record<string, bigint>>): CircuitInput {
  const forged = Object.entries(changes).reduce((result, [path, value]) => {
    const [signal, ...indices] = path.split(/[[\]]+/).filter((part) => part !== "");
    return { ...result, [signal!]: replaced(result[signal!]!, indices.map(Number), value) };
  }, input);
  return Object.keys(changes).some((path) => path.startsWith("transfer")) ? withReductions(forged) : forged;
}

/** The input with the reductions that its own transfers and point have, whether their fields are in their ranges or not. */
export function withReductions(input: CircuitInput): CircuitInput {
  const column = (name: string): readonly bigint[] => input[`transfer${name}`] as readonly bigint[];
  const [from, to, fee, amount] = ["From", "To", "FeeMantissa", "AmountMantissa"].map(column);
  const [feeExponent, amountExponent] = ["FeeExponent", "AmountExponent"].map(column);
  const packed = from!.map((sender, row) => {
    const floats =
      fee![row]! + feeExponent![row]! * 2n ** 11n + (amount![row]! + amountExponent![row]! * 2n ** 39n) * 2n ** 16n;
    return floats + to![row]! * 2n ** 60n + sender * 2n ** 92n;
  });
  const words = packed.flatMap((even, row) => (row % 2 === 0 ? [even * 2n ** 124n + packed[row + 1]!] : []));
  return { ...input, ...blobInput(words, input["z"] as bigint) };
}

function replaced(signal: SignalValue, [index, ...rest]: readonly number[], value: bigint): SignalValue {
  if (index === undefined) return value;
  if (typeof signal === "bigint") throw new Error("A signal has fewer dimensions than the change names");
  return signal.with(index, replaced(signal[index]!, rest, value));
}

/**
 * The challenge that a forged input gets: what its commitment hashes to. Which words are hashed with it makes no
 * difference to a forger, who cannot choose the result either way.
 */
export async function challengeFor(circuit: TestCircuit, input: CircuitInput): Promise<bigint> {
  return challengeOf(digestOf(circuit.get(await circuit.forge(input), "c"), 0n, new Uint8Array()));
}
