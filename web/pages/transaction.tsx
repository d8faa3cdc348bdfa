import { node, type Transaction as TransactionData } from "../data/node.ts";
import { useResource } from "../data/resource.ts";
import { dateText, grouped, titled } from "../format.ts";
import { AccountLink, AddressLink, BatchLink, L1Transaction } from "../parts/links.tsx";
import { CopyText } from "../parts/copy-text.tsx";
import { Facts, PageTitle, Section } from "../parts/page.tsx";
import { Loaded } from "../parts/states.tsx";
import { StatusMark, StatusSteps } from "../parts/status.tsx";
import { timeOf } from "../parts/transaction-table.tsx";
import { Amount, Time } from "../parts/values.tsx";

export function Transaction({ id }: { readonly id: string }) {
  const transaction = useResource(
    `transaction/${id}`,
    () => node.transaction(id),
    (event) =>
      event.type === "state" || event.type === "batch" || (event.type === "transaction" && event.data.id === id),
  );
  return (
    <>
      <PageTitle title={transaction.value ? titled(transaction.value.kind) : "Transaction"} of={id} />
      <Loaded what="the transaction" resource={transaction}>
        {(value) => (
          <Section title="The transaction">
            {value.status === "rejected" ? (
              <Rejection {...value} />
            ) : (
              <StatusSteps way="transaction" status={value.status} />
            )}
            <TransactionFacts transaction={value} />
          </Section>
        )}
      </Loaded>
    </>
  );
}

const Rejection = ({ reason }: TransactionData) => (
  <div class="failure" role="alert">
    <p>
      <StatusMark status="rejected" /> <strong>{reason?.code}</strong> {reason?.message}
    </p>
  </div>
);

/** The last second that an operation can name: it never expires. */
const FOREVER = 2 ** 40 - 1;

function TransactionFacts({ transaction }: { readonly transaction: TransactionData }) {
  const { id, kind, from, to, l1Address, token, amount, fee, nonce, validUntil, batch, row, l1Transaction } =
    transaction;
  const time = timeOf(transaction);
  return (
    <Facts
      facts={[
        ["Id", <CopyText text={id} name="the transaction's id" whole />],
        [
          "From",
          from === undefined ? (
            kind === "creation" ? (
              "the node, which opens the account"
            ) : (
              "L1"
            )
          ) : (
            <>
              Account <AccountLink index={from} />
            </>
          ),
        ],
        [
          "To",
          to === undefined ? (
            "L1"
          ) : (
            <>
              Account <AccountLink index={to} />
            </>
          ),
        ],
        ["L1 address", l1Address && <AddressLink address={l1Address} whole />],
        ["Amount", <Amount {...{ amount, token }} exact />],
        ["Fee", <Amount amount={fee} token={token} exact />],
        ["Nonce", nonce === undefined ? undefined : grouped(nonce)],
        [
          "Valid until",
          validUntil === undefined ? undefined : validUntil === FOREVER ? "always" : dateText(validUntil),
        ],
        ["Time", time === undefined ? undefined : <Time timestamp={time} />],
        ["Batch", batch === undefined ? undefined : <BatchLink number={batch} />],
        ["Row", row === undefined ? undefined : grouped(row)],
        ["L1 transaction", l1Transaction && <L1Transaction hash={l1Transaction} whole />],
      ]}
    />
  );
}
