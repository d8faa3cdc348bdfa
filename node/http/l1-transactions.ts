import type { L1Transaction } from "../../api/schemas.ts";
import { SheafError } from "../../protocol/errors.ts";
import { addressToHex } from "../../protocol/json-fields.ts";
import type { L1Event, Payout, Store } from "../store/store.ts";

/** What an L1 transaction did in the rollup. Throws `TRANSACTION_UNKNOWN` if nothing, as far as L1 was read. */
export function l1TransactionOf(store: Store, hash: string): L1Transaction {
  const events = store.events.of(hash);
  if (events.length === 0) {
    const message = `up to block ${store.cursor.number} the L1 transaction ${hash} did nothing in this rollup`;
    throw new SheafError("TRANSACTION_UNKNOWN", message);
  }
  const views = events.map(({ payout, ...event }) => ({
    kind: event.kind,
    ...detailsOf(store, event),
    ...sumOf(payout),
  }));
  return { hash, block: events[0]!.block, events: views };
}

function detailsOf(store: Store, { kind, subject }: L1Event): Omit<L1Transaction["events"][number], "kind"> {
  switch (kind) {
    case "size":
      return { size: subject };
    case "token":
      return { token: subject };
    case "deposit":
    case "forcedWithdrawal": {
      const { operation } = store.queued(subject)!;
      const sum = operation.kind === "deposit" && { amount: operation.amount };
      const owner = { token: operation.token, l1Address: addressToHex(operation.l1Address) };
      return { transaction: `queue-${subject}`, ...owner, ...sum };
    }
    case "refund":
      return { transaction: `queue-${subject}` };
    case "batch":
      return { batch: subject };
    case "exit": {
      // Nothing changes the state of a frozen rollup: it is what left.
      const { token, l1Address, balance } = store.stored().account(subject)!;
      return { account: subject, token, l1Address: addressToHex(l1Address), amount: balance };
    }
    case "credit":
    case "payout":
    case "freeze":
      return {};
  }
}

const sumOf = (payout: Payout | undefined) =>
  payout && { token: payout.token, l1Address: addressToHex(payout.l1Address), amount: payout.amount };
