import type { Transaction } from "../../api/client.ts";
import type { SendOptions, Sent } from "../../wallet/index.ts";
import type { NamedToken } from "../../wallet/named-tokens.ts";
import { costText } from "./cost.ts";
import { say } from "./output.ts";
import { withProgress } from "./progress.ts";

export interface WaitChoice {
  readonly wait: boolean;
  /** Seconds. */
  readonly timeout: number;
}

/** When an operation is good, and in place of which one. */
export interface TermChoice {
  /** Unix time in seconds. */
  readonly notBefore?: number;
  readonly replaces?: string;
}

export const termOf = ({ notBefore, replaces }: TermChoice): Pick<SendOptions, "validFrom" | "replaces"> => ({
  ...(notBefore !== undefined && { validFrom: notBefore }),
  ...(replaces !== undefined && { replaces }),
});

/** What became of an operation: verified, with its status shown on the way, or what it is now. */
export async function settle(name: string, sent: Sent, { wait, timeout }: WaitChoice): Promise<SettledOperation> {
  const { id, l1Transaction, fee, total } = sent;
  const paid = fee !== undefined && total !== undefined && { amount: total - fee, fee, total };
  if (!wait) return { id, status: "pending", ...(l1Transaction !== undefined && { l1Transaction }), ...paid };
  say([`sent ${id}`, ...(l1Transaction === undefined ? [] : [`in L1 transaction ${l1Transaction}`])].join(" "));
  const first = await sent.look().catch(() => undefined);
  const { waitsUntil = 0 } = first ?? {};
  // It is kept for longer than anybody waits here.
  if (first !== undefined && waitsUntil * 1000 > Date.now() + timeout * 1000) return { ...first, ...paid };
  const waits = await waitsOf(sent);
  const transaction = await withProgress(name, (onProgress) =>
    sent.wait("verified", {
      timeout: timeout * 1000,
      onChange: (seen) => onProgress(0, pendingText(seen) ?? waits[seen.status] ?? seen.status),
    }),
  );
  return { ...transaction, ...paid };
}

export const reasonText = ({ code, message }: NonNullable<Transaction["reason"]>): string => `${code}: ${message}`;

/** Why an operation that is pending is in no batch yet, if it is not just the next batch that it waits for. */
function pendingText({ held, waitsUntil, waitsBehind }: Transaction): string | undefined {
  if (held !== undefined) return heldText(held);
  return waitsUntil === undefined ? undefined : `pending: ${keptText(waitsUntil, waitsBehind)}`;
}

/** When an operation that is not due will be in a batch. */
function keptText(waitsUntil: number, waitsBehind: string | undefined): string {
  const behind = waitsBehind === undefined ? "" : `; it comes after ${waitsBehind}`;
  return `the node keeps it until ${isoTime(waitsUntil)}, and puts it into a batch then${behind}`;
}

export const isoTime = (seconds: number): string => new Date(seconds * 1000).toISOString();

/** Why an operation is in no batch, and what may happen to it all the same. */
export function heldText({ transaction, until, ...reason }: NonNullable<Transaction["held"]>): string {
  const what = `pending: no batch can take it now: ${reasonText(reason)}`;
  if (transaction === undefined || until === undefined) return what;
  return `${what}; L1 transaction ${transaction} may still execute it, until ${isoTime(until)}`;
}

/** What an operation waits for while it is this far, and for about how long, by what its node says. */
async function waitsOf({ id, node }: Sent): Promise<Partial<Record<Transaction["status"], string>>> {
  const batches = await node.batches({ limit: 1 }).catch(() => undefined);
  const { waits } = await node.config().catch(() => ({ waits: undefined }));
  const proof = batches?.items[0]?.provedInMs;
  const isQueued = id.startsWith("queue-");
  const blocks = isQueued && waits !== undefined && waits.confirmations > 0;
  const seconds = isQueued ? waits?.queue : waits?.batch;
  return {
    pending: [
      "pending: waits for ",
      blocks ? `${waits.confirmations} more L1 blocks, then for ` : "",
      `a batch${seconds === undefined ? "" : `, up to ${seconds} s`}`,
    ].join(""),
    batched: `batched: waits for the batch's proof${proof === undefined ? "" : `, about ${Math.ceil(proof / 1000)} s`}`,
    proven: "proven: waits until L1 has mined the batch, in most cases for less than a minute",
  };
}

/** A transaction as the node has it; of one that was not waited for, the part that is known without asking. */
export type SettledOperation = Pick<
  Transaction,
  "id" | "status" | "batch" | "l1Transaction" | "waitsUntil" | "waitsBehind"
> &
  Partial<Pick<Transaction, "amount" | "fee">> & {
    /** Of the receiver's account. */
    readonly openingFee?: bigint;
    readonly total?: bigint;
  };

/** @param token of what a signature paid for, with a fee */
export function describeSettled(
  { id, status, batch, l1Transaction, amount, fee, openingFee, total, waitsUntil, waitsBehind }: SettledOperation,
  token?: NamedToken,
): readonly string[] {
  const isPaid = token !== undefined && amount !== undefined && fee !== undefined && total !== undefined;
  return [
    `${id}  ${status}${batch === undefined ? "" : ` in batch ${batch}`}`,
    ...(waitsUntil === undefined ? [] : [keptText(waitsUntil, waitsBehind)]),
    ...(l1Transaction === undefined ? [] : [`L1 transaction ${l1Transaction}`]),
    ...(isPaid ? [costText(amount, fee, token, openingFee)] : []),
  ];
}
