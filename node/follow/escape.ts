import type { Account } from "../../protocol/account.ts";
import type { QueuedOperation, Store } from "../store/store.ts";

/** What an L1 address can still have of a frozen rollup. */
export interface Claims {
  /** Accounts that hold something and have not left, by index. */
  readonly accounts: ReadonlyMap<number, Account>;
  /** Deposits that no batch took, to be given back to this address. */
  readonly deposits: readonly (QueuedOperation & { readonly operation: { readonly kind: "deposit" } })[];
}

/** Finds an L1 address's claims in what the store has read. */
export function claimsOf(store: Store, l1Address: bigint): Claims {
  return partOf(store, l1Address, false);
}

/** What an L1 address had of a frozen rollup that has left it since. */
export function leftOf(store: Store, l1Address: bigint): Claims {
  return partOf(store, l1Address, true);
}

function partOf(store: Store, l1Address: bigint, hasLeft: boolean): Claims {
  const accounts = [...store.stored().accountsOf(l1Address)].filter(
    ([index, { balance }]) => balance > 0n && store.hasExited(index) === hasLeft,
  );
  const deposits = store
    .waiting()
    .filter(
      (queued): queued is Claims["deposits"][number] =>
        queued.operation.kind === "deposit" &&
        BigInt(queued.refundAddress) === l1Address &&
        store.isRefunded(queued.place) === hasLeft,
    );
  return { accounts: new Map(accounts), deposits };
}
