import { Charts } from "../charts/charts.tsx";
import { useBatches } from "../data/batches.ts";
import { useTransactions } from "../data/transactions.ts";
import { BatchTable } from "../parts/batch-table.tsx";
import { Headline } from "../parts/headline.tsx";
import { PageTitle, Section } from "../parts/page.tsx";
import { TransactionTable } from "../parts/transaction-table.tsx";
import { UnderWay } from "../parts/under-way.tsx";

/** Batches that the charts show. */
const CHARTED = 200;
const SHOWN = 10;

export function Overview() {
  const batches = useBatches(CHARTED);
  const transactions = useTransactions({ limit: SHOWN });
  const newest = batches.items?.slice(0, SHOWN);
  return (
    <>
      <PageTitle title="Overview" />
      <Headline batches={batches.items} />
      <UnderWay batches={batches.items} />
      <div class="columns">
        <Section title="Batches" more={{ href: "#/batches", text: "All batches" }}>
          <BatchTable list={{ ...batches, items: newest }} isShort />
        </Section>
        <Section title="Transactions" more={{ href: "#/transactions", text: "All transactions" }}>
          <TransactionTable list={transactions} empty="There is none yet." isShort />
        </Section>
      </div>
      {batches.items && batches.items.length > 1 && <Charts batches={batches.items} hasOlder={batches.hasMore} />}
    </>
  );
}
