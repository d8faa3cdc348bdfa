import { visible } from "../../protocol/visible.ts";
import { node, type Transaction as TransactionData } from "../data/node.ts";
import { useResource } from "../data/resource.ts";
import { grouped, titled } from "../format.ts";
import { AccountLink, AddressLink, BatchLink, L1Transaction, OwnerLink, TransactionLink } from "../parts/links.tsx";
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
              <StatusSteps way={value.queuedBy === undefined ? "transaction" : "queued"} status={value.status} />
            )}
            <Warnings {...value} />
            <TransactionFacts transaction={value} />
          </Section>
        )}
      </Loaded>
    </>
  );
}

/** An account that takes part, and whose it is. */
function Party({ index }: { readonly index: number }) {
  const { value } = useResource(`account/${index}`, () => node.account(index));
  return (
    <>
      Account <AccountLink index={index} />
      {value && (
        <span class="block">
          of <OwnerLink {...value} /> L1 address <AddressLink address={value.l1Address} />
        </span>
      )}
    </>
  );
}

const Rejection = ({ reason }: TransactionData) => (
  <div class="failure" role="alert">
    <p>
      <StatusMark status="rejected" /> <strong>{reason?.code}</strong> {visible(reason?.message ?? "")}
    </p>
  </div>
);

/** What a payer must know who may have taken it for done, or for impossible. */
const Warnings = ({ held, rejectedBefore, waitsUntil, waitsBehind }: TransactionData) => (
  <>
    {waitsUntil && (
      <div class="kept" role="status">
        <p>
          The node keeps it, and puts it into a batch from <Time timestamp={waitsUntil} isDue /> on
        </p>
        {waitsBehind && (
          <p>
            It comes after <TransactionLink id={waitsBehind} />
          </p>
        )}
      </div>
    )}
    {held && (
      <div class="failure" role="status">
        <p>
          No batch can take it now: <strong>{held.code}</strong> {visible(held.message)}
        </p>
        {held.transaction && held.until && (
          <p>
            <L1Transaction hash={held.transaction} /> may still execute it, until <Time timestamp={held.until} isDue />
          </p>
        )}
      </div>
    )}
    {rejectedBefore && (
      <div class="failure" role="status">
        <p>
          This node had rejected it, L1 executed it all the same: <strong>{rejectedBefore.code}</strong>{" "}
          {visible(rejectedBefore.message)}
        </p>
      </div>
    )}
  </>
);

/** The last second that an operation can name: it never expires. */
const FOREVER = 2 ** 40 - 1;

function TransactionFacts({ transaction }: { readonly transaction: TransactionData }) {
  const {
    id,
    kind,
    from,
    to,
    l1Address,
    token,
    amount,
    fee,
    nonce,
    validUntil,
    validFrom,
    batch,
    row,
    l1Transaction,
    queuedBy,
    pubKeyY,
  } = transaction;
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
            <Party index={from} />
          ),
        ],
        [
          "To",
          to === undefined ? (
            kind === "deposit" ? (
              "an account of its owner, once a batch takes it"
            ) : (
              "L1"
            )
          ) : (
            <Party index={to} />
          ),
        ],
        [
          "Owner's sheaf: address",
          l1Address && pubKeyY !== undefined && <OwnerLink pubKeyY={pubKeyY} l1Address={l1Address} whole />,
        ],
        ["Owner's L1 address", l1Address && <AddressLink address={l1Address} whole />],
        ["Amount", <Amount {...{ amount, token }} exact />],
        ["Fee", <Amount amount={fee} token={token} exact />],
        ["Nonce", nonce === undefined ? undefined : grouped(nonce)],
        [
          "Valid until",
          validUntil === undefined ? undefined : validUntil === FOREVER ? (
            "always"
          ) : (
            <Time timestamp={validUntil} isDue />
          ),
        ],
        ["Valid from", validFrom === undefined ? undefined : <Time timestamp={validFrom} isDue />],
        ["Time", time === undefined ? undefined : <Time timestamp={time} />],
        ["Batch", batch === undefined ? undefined : <BatchLink number={batch} />],
        ["Row", row === undefined ? undefined : grouped(row)],
        ["Queued by the L1 transaction", queuedBy && <L1Transaction hash={queuedBy} whole />],
        ["Verified by the L1 transaction", l1Transaction && <L1Transaction hash={l1Transaction} whole />],
      ]}
    />
  );
}
