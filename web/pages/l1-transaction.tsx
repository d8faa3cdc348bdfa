import { node, type L1Transaction as L1TransactionData } from "../data/node.ts";
import { useResource } from "../data/resource.ts";
import { grouped } from "../format.ts";
import { CopyText } from "../parts/copy-text.tsx";
import { AccountLink, AddressLink, BatchLink, L1TransactionAt, TokenLink, TransactionLink } from "../parts/links.tsx";
import { PageTitle, Section } from "../parts/page.tsx";
import { Loaded } from "../parts/states.tsx";
import { Table } from "../parts/table.tsx";
import { Amount } from "../parts/values.tsx";

type Event = L1TransactionData["events"][number];

/** What a transaction of L1 did in the rollup. */
export function L1Transaction({ hash }: { readonly hash: string }) {
  const transaction = useResource(
    `l1-transaction/${hash}`,
    () => node.l1Transaction(hash),
    ({ type }) => type === "state",
  );
  return (
    <>
      <PageTitle title="L1 transaction" of={hash}>
        <p>
          <CopyText text={hash} name="the L1 transaction's hash" whole /> <L1TransactionAt hash={hash} />
        </p>
      </PageTitle>
      <Loaded what="the L1 transaction" resource={transaction}>
        {({ block, events }) => (
          <Section title="What it did in this rollup">
            <p class="quiet">In L1's block {grouped(block)}.</p>
            <Table
              caption="Its events, in their order"
              columns={[
                { title: "Event", cell: ([, { kind }]) => KINDS[kind] },
                { title: "Of", cell: ([, event]) => <Subject event={event} /> },
                { title: "Amount", isNumber: true, cell: ([, event]) => <Sum event={event} /> },
              ]}
              rows={[...events.entries()]}
              keyOf={([place]) => place}
            />
          </Section>
        )}
      </Loaded>
    </>
  );
}

const KINDS: Readonly<Record<Event["kind"], string>> = {
  size: "Registered a batch size",
  token: "Registered a token",
  deposit: "Queued a deposit",
  forcedWithdrawal: "Queued a forced withdrawal",
  batch: "Verified a batch",
  credit: "Credited, to be pulled on L1",
  payout: "Paid out on L1",
  freeze: "Froze the rollup",
  exit: "An account left the rollup",
  refund: "Gave a deposit back",
};

function Subject({ event: { batch, transaction, account, l1Address, token, size } }: { readonly event: Event }) {
  if (batch !== undefined)
    return (
      <>
        Batch <BatchLink number={batch} />
      </>
    );
  if (transaction !== undefined) return <TransactionLink id={transaction} />;
  if (account !== undefined)
    return (
      <>
        Account <AccountLink index={account} />
      </>
    );
  if (l1Address !== undefined) return <AddressLink address={l1Address} />;
  if (token !== undefined)
    return (
      <>
        Token <TokenLink id={token} />
      </>
    );
  return size === undefined ? null : <a href="#/rollup">Size {size}</a>;
}

const Sum = ({ event: { amount, token } }: { readonly event: Event }) =>
  amount === undefined || token === undefined ? <>–</> : <Amount amount={amount} token={token} exact />;
