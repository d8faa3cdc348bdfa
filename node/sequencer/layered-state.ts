import type { Account } from "../../protocol/account.ts";
import type { RollupState, StateSource } from "../../protocol/state.ts";
import { nodeKey } from "../../protocol/tree.ts";
import type { AccountSource } from "../pool/directory.ts";

/** What a batch changes in the state. */
export type Changes = RollupState["changes"];

/** A store's state with the changes of batches that L1 does not have yet. */
export class LayeredState implements StateSource, AccountSource {
  readonly #base: StateSource & AccountSource;
  /** The newest first. */
  readonly #layers: readonly Changes[];

  /** @param layers in the order of their batches */
  constructor(base: StateSource & AccountSource, layers: readonly Changes[]) {
    this.#base = base;
    this.#layers = layers.toReversed();
  }

  account(index: number): Account | undefined {
    for (const { accounts } of this.#layers) {
      const account = accounts.get(index);
      if (account !== undefined) return account;
    }
    return this.#base.account(index);
  }

  node(level: number, position: number): bigint | undefined {
    const key = nodeKey(level, position);
    for (const { nodes } of this.#layers) {
      const node = nodes.get(key);
      if (node !== undefined) return node;
    }
    return this.#base.node(level, position);
  }

  accounts(): ReadonlyMap<number, Account> {
    return new Map([...this.#base.accounts(), ...this.#changed()]);
  }

  accountsOf(l1Address: bigint): ReadonlyMap<number, Account> {
    const changed = [...this.#changed()].filter(([, account]) => account.l1Address === l1Address);
    return new Map([...this.#base.accountsOf(l1Address), ...changed]);
  }

  #changed(): ReadonlyMap<number, Account> {
    return new Map(this.#layers.toReversed().flatMap(({ accounts }) => [...accounts]));
  }
}
