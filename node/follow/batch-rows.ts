import { L1_INDEX } from "../../protocol/constants.ts";
import type { RollupState } from "../../protocol/state.ts";
import type { PublishedBatch, PublishedL1Operation } from "../../protocol/words.ts";
import type { OperationRow } from "../store/records.ts";

/**
 * Every row of a batch, with what its words leave out because it follows: places in L1's queue, and nonces.
 *
 * @param before the state that the batch starts from
 * @param queueHead operations of the queue that were done before it
 */
export function rowsOf(published: PublishedBatch, before: RollupState, queueHead: number): readonly OperationRow[] {
  let place = queueHead;
  const nonces = new Map<number, number>();
  const nonce = (sender: number): number => {
    const next = nonces.get(sender) ?? before.account(sender)?.nonce ?? 0;
    nonces.set(sender, next + 1);
    return next;
  };
  const { token } = published;
  return [
    ...published.l1Operations.map((operation) => ({
      ...fromL1(operation),
      place: operation.kind === "creation" ? undefined : place++,
      fee: 0n,
      nonce: undefined,
    })),
    // An account's withdrawals come before its transfers, each in the order of nonces.
    ...published.withdrawals.map(({ from, amount, fee }) => {
      const signed = { sender: from, recipient: L1_INDEX, token, amount, fee, nonce: nonce(from) };
      return { kind: "withdrawal" as const, place: undefined, ...signed };
    }),
    ...published.transfers.map(({ from, to, amount, fee }) => {
      const signed = { sender: from, recipient: to, token, amount, fee, nonce: nonce(from) };
      return { kind: "transfer" as const, place: undefined, ...signed };
    }),
  ];
}

function fromL1(
  operation: PublishedL1Operation,
): Pick<OperationRow, "kind" | "sender" | "recipient" | "token" | "amount"> {
  const { kind, index, token } = operation;
  const amount = kind === "creation" ? 0n : operation.amount;
  if (kind === "forcedWithdrawal") return { kind, sender: index, recipient: L1_INDEX, token, amount };
  return { kind, sender: L1_INDEX, recipient: index, token, amount };
}
