import type { Account } from "../../protocol/account.ts";
import { buildBatch, type Batch } from "../../protocol/batch.ts";
import { challengeOf } from "../../protocol/challenge.ts";
import type { BatchSize } from "../../protocol/constants.ts";
import type { BatchRequest } from "../../protocol/request.ts";
import { RollupState } from "../../protocol/state.ts";
import { applyMovements } from "../../protocol/transition.ts";
import type { CircuitInput, SignalValue } from "../../protocol/witness.ts";
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
 * The input of a batch whose account slots are others than its transfers demand. Roots and paths are right for what the
 * slots do, and for a fee account of the prover's choice.
 */
export function withSlots(
  state: RollupState,
  size: BatchSize,
  request: BatchRequest,
  slots: readonly ForgedSlot[],
  feeAccount = request.feeAccount,
): CircuitInput {
  const { input } = batchOn(state, size, request);
  const work = state.fork();
  applyMovements(work, { ...request, transfers: [] });
  work.update(request.feeAccount, state.account(request.feeAccount)); // its fees come after the slots

  const columns: Record<string, SignalValue[]> = {};
  const push = (prefix: string, row: Record<string, SignalValue>): void => {
    for (const [name, value] of Object.entries(row)) (columns[prefix + name] ??= []).push(value);
  };
  for (const { index, after } of slots) {
    const path = work.path(index);
    const before = work.account(index);
    const changed = before === undefined ? undefined : { ...before, ...after };
    push("slot", { Index: BigInt(index), Children: path, ...rowOf(before, changed) });
    work.update(index, changed);
  }
  const receiver = work.account(feeAccount);
  const fee = {
    feeAccount: BigInt(feeAccount),
    feePubKeyY: receiver?.pubKeyY ?? 0n,
    feeL1Address: receiver?.l1Address ?? 0n,
    feeNonce: BigInt(receiver?.nonce ?? 0),
    feeBalance: receiver?.balance ?? 0n,
    feeExists: receiver === undefined ? 0n : 1n,
    feeChildren: work.path(feeAccount),
  };
  return { ...input, ...columns, ...fee };
}

function rowOf(before: Account | undefined, after: Account | undefined): Record<string, SignalValue> {
  return {
    PubKeyY: before?.pubKeyY ?? 0n,
    L1Address: before?.l1Address ?? 0n,
    Nonce: [BigInt(before?.nonce ?? 0), BigInt(after?.nonce ?? 0)],
    Balance: [before?.balance ?? 0n, after?.balance ?? 0n],
    Exists: before === undefined ? 0n : 1n,
  };
}

/** An input with elements of its arrays replaced, such as `"slotBalance[1][0]": 5n`. */
export function changed(input: CircuitInput, changes: Readonly<Record<string, bigint>>): CircuitInput {
  return Object.entries(changes).reduce((result, [path, value]) => {
    const [signal, ...indices] = path.split(/[[\]]+/).filter((part) => part !== "");
    return { ...result, [signal!]: replaced(result[signal!]!, indices.map(Number), value) };
  }, input);
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
  return challengeOf(circuit.get(await circuit.forge(input), "c"), new Uint8Array());
}
