import type { Transaction } from "../../api/client.ts";
import type { Sent } from "../../wallet/index.ts";
import { say } from "./output.ts";
import { withProgress } from "./progress.ts";

export interface WaitChoice {
  readonly wait: boolean;
  /** Seconds. */
  readonly timeout: number;
}

/** What became of an operation: verified, with its status shown on the way, or what it is now. */
export async function settle(name: string, sent: Sent, { wait, timeout }: WaitChoice): Promise<SettledOperation> {
  const { id, l1Transaction } = sent;
  if (!wait) return { id, status: "pending", ...(l1Transaction !== undefined && { l1Transaction }) };
  say([`sent ${id}`, ...(l1Transaction === undefined ? [] : [`in L1 transaction ${l1Transaction}`])].join(" "));
  return withProgress(name, (onProgress) =>
    sent.wait("verified", {
      timeout: timeout * 1000,
      onChange: ({ status }) => onProgress(0, status),
    }),
  );
}

/** A transaction as the node has it; of one that was not waited for, what is known without asking. */
export type SettledOperation = Pick<Transaction, "id" | "status" | "batch" | "l1Transaction">;

export function describeSettled({ id, status, batch, l1Transaction }: SettledOperation): readonly string[] {
  return [
    `${id}  ${status}${batch === undefined ? "" : ` in batch ${batch}`}`,
    ...(l1Transaction === undefined ? [] : [`L1 transaction ${l1Transaction}`]),
  ];
}
