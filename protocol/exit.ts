import type { Account } from "./account.ts";
import { SheafError } from "./errors.ts";
import { EXIT_ACCOUNT } from "./packing.ts";
import type { RollupState } from "./state.ts";
import type { CircuitInput } from "./witness.ts";

/** What an account leaves a frozen rollup with. */
export interface Exit {
  readonly index: number;
  readonly account: Account;
  /** In the verifier's order. `account` packs index, token and L1 address. */
  readonly publicSignals: { readonly root: bigint; readonly account: bigint; readonly balance: bigint };
  /** The inputs of `circuits/exit.circom` by signal name. */
  readonly input: CircuitInput;
}

/**
 * The proof that an account is in a state.
 *
 * @param state Whose root is the rollup's last.
 * @throws SheafError ACCOUNT_NOT_FOUND
 */
export function buildExit(state: Pick<RollupState, "root" | "account" | "path">, index: number): Exit {
  const account = state.account(index);
  if (account === undefined) throw new SheafError("ACCOUNT_NOT_FOUND", `there is no account at index ${index}`);
  const { token, l1Address, pubKeyY, nonce, balance } = account;
  const publicSignals = { root: state.root, account: EXIT_ACCOUNT.pack({ index, token, l1Address }), balance };
  const input = {
    ...publicSignals,
    index: BigInt(index),
    token: BigInt(token),
    l1Address,
    pubKeyY,
    nonce: BigInt(nonce),
    children: state.path(index),
  };
  return { index, account, publicSignals, input };
}
