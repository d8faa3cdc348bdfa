import { gasPerTransfer } from "../charts/series.ts";
import { useBatches } from "../data/batches.ts";
import { node, type Batch as BatchData } from "../data/node.ts";
import { useProgress } from "../data/progress.ts";
import { useResource } from "../data/resource.ts";
import { useTransactions } from "../data/transactions.ts";
import { gweiText, grouped, secondsText } from "../format.ts";
import { blobFacts } from "../parts/blob-facts.tsx";
import { L1Transaction, Root } from "../parts/links.tsx";
import { Facts, PageTitle, Section } from "../parts/page.tsx";
import { ProofProgress } from "../parts/proof-progress.tsx";
import { Loaded } from "../parts/states.tsx";
import { StatusSteps } from "../parts/status.tsx";
import { TransactionTable } from "../parts/transaction-table.tsx";
import { Amount, Time } from "../parts/values.tsx";

export function Batch({ number }: { readonly number: number }) {
  const batch = useResource(
    `batch/${number}`,
    () => node.batch(number),
    (event) => event.type === "state" || (event.type === "batch" && event.data.number === number),
  );
  const newest = useBatches(1).items?.[0]?.number ?? 0;
  const progressOf = useProgress();
  const transactions = useTransactions({ batch: number, limit: 50 });
  return (
    <>
      <PageTitle title={`Batch ${grouped(number)}`}>
        <p class="neighbours">
          {number > 1 && <a href={`#/batches/${number - 1}`}>← Batch {grouped(number - 1)}</a>}
          {number < newest && <a href={`#/batches/${number + 1}`}>Batch {grouped(number + 1)} →</a>}
        </p>
      </PageTitle>
      <Loaded what="the batch" resource={batch}>
        {(value) => (
          <Section title="The batch">
            <StatusSteps way="batch" status={value.status} />
            {value.status === "batched" && <ProofProgress batch={number} progress={progressOf(value)} />}
            <BatchFacts batch={value} />
          </Section>
        )}
      </Loaded>
      {batch.value && (
        <Section title="Its transactions">
          <TransactionTable list={transactions} empty="It has none." />
        </Section>
      )}
    </>
  );
}

function BatchFacts({ batch }: { readonly batch: BatchData }) {
  const { size, oldRoot, root, timestamp, token, fees, provedInMs, calldataBytes, blob, l1 } = batch;
  const gas = gasPerTransfer(batch);
  return (
    <Facts
      facts={[
        ["Made", <Time timestamp={timestamp} />],
        ["Size", `${size.name ?? `size ${size.id}`}, for up to ${grouped(size.transfers)} transfers`],
        ["Transfers", grouped(batch.transfers)],
        ["Withdrawals", grouped(batch.withdrawals)],
        ["L1 operations", grouped(batch.l1Operations)],
        ["Fees", fees === undefined ? undefined : <Amount amount={fees} token={token} exact />],
        ["Proven in", provedInMs === undefined ? undefined : secondsText(provedInMs)],
        ["Published", `${grouped(calldataBytes)} bytes${blob === undefined ? "" : ", and a part of a blob"}`],
        ...blobFacts(batch),
        ["Came with", togetherText(l1?.batches)],
        ["Gas", l1?.gasUsed === undefined ? undefined : gasText(l1.gasUsed / (l1.batches ?? 1), gas)],
        ["Gas price", l1?.gasPrice === undefined ? undefined : gweiText(l1.gasPrice)],
        ["Cost on L1", costOf(batch)],
        ["L1 block", l1 && grouped(l1.block)],
        ["L1 transaction", l1 && <L1Transaction hash={l1.transaction} whole />],
        ["Root before", oldRoot === undefined ? undefined : <Root root={oldRoot} whole />],
        ["Root after", <Root root={root} whole />],
      ]}
    />
  );
}

const gasText = (gasUsed: number, perTransfer: number | undefined): string =>
  perTransfer === undefined
    ? grouped(Math.round(gasUsed))
    : `${grouped(Math.round(gasUsed))} (${grouped(perTransfer)} a transfer)`;

const togetherText = (batches = 1): string | undefined =>
  batches === 1
    ? undefined
    : `${batches - 1} other${batches === 2 ? "" : "s"} in one transaction, whose gas they share`;

function costOf({ l1 }: BatchData) {
  if (l1?.gasUsed === undefined || l1.gasPrice === undefined) return undefined;
  return <Amount amount={(BigInt(l1.gasUsed) * l1.gasPrice) / BigInt(l1.batches ?? 1)} token={0} exact />;
}
