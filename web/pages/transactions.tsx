import type { Query } from "../../api/client.ts";
import { useTransactions } from "../data/transactions.ts";
import { useKept } from "../data/visit.ts";
import { titled } from "../format.ts";
import { PageTitle, Section } from "../parts/page.tsx";
import { TransactionTable } from "../parts/transaction-table.tsx";

type Status = NonNullable<Query<"transactions">["status"]>;
const STATUSES: readonly Status[] = ["pending", "batched", "proven", "verified", "rejected"];

export function Transactions() {
  const [status, setStatus] = useKept<Status | undefined>("status", undefined);
  const list = useTransactions({ limit: 50, ...(status && { status }) });
  return (
    <>
      <PageTitle title="Transactions" />
      <Section title="Newest first">
        <div class="filters" role="group" aria-label="Only those with status">
          {[undefined, ...STATUSES].map((wanted) => (
            <button
              key={wanted ?? "all"}
              type="button"
              aria-pressed={wanted === status}
              onClick={() => setStatus(wanted)}
            >
              {wanted === undefined ? "All" : titled(wanted)}
            </button>
          ))}
        </div>
        <TransactionTable list={list} empty="There are none." />
      </Section>
    </>
  );
}
