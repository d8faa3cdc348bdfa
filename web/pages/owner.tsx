import { useList } from "../data/list.ts";
import { node, type Withdrawal } from "../data/node.ts";
import { AccountTable } from "../parts/account-table.tsx";
import { CopyText } from "../parts/copy-text.tsx";
import { BatchLink } from "../parts/links.tsx";
import { PageTitle, Section } from "../parts/page.tsx";
import { ListTable, type Column } from "../parts/table.tsx";
import { Amount } from "../parts/values.tsx";

type Who = { readonly l1Address: string } | { readonly pubKeyY: bigint };

/** All that an L1 address or a public key has. */
export function Owner(who: Who) {
  const [name, text] = "l1Address" in who ? ["L1 address", who.l1Address] : ["Public key", who.pubKeyY.toString()];
  const accounts = useList(
    `accounts/${text}`,
    (after) => node.accounts({ ...who, limit: 50, ...(after !== undefined && { after }) }),
    ({ type }) => type === "batch" || type === "state",
  );
  return (
    <>
      <PageTitle title={name} of={text}>
        <p>
          <CopyText text={text} name={`the ${name}`} whole />
        </p>
      </PageTitle>
      <Section title="Accounts in the rollup">
        <AccountTable list={accounts} />
      </Section>
      {"l1Address" in who && <Withdrawals {...who} />}
    </>
  );
}

const COLUMNS: readonly Column<Withdrawal>[] = [
  {
    title: "To be pulled",
    cell: ({ withdrawable, token }) => <Amount amount={withdrawable} token={token} exact />,
  },
  {
    title: "Credited by",
    cell: ({ credits, token }) => (
      <ul class="credits">
        {credits.map(({ batch, amount }, place) => (
          <li key={place}>
            batch <BatchLink number={batch} />: <Amount amount={amount} token={token} />
          </li>
        ))}
      </ul>
    ),
  },
];

function Withdrawals({ l1Address }: { readonly l1Address: string }) {
  const list = useList(
    `withdrawals/${l1Address}`,
    (after) => node.withdrawals({ l1Address, limit: 50, ...(after !== undefined && { after }) }),
    ({ type }) => type === "state",
  );
  // The node names every token of which the address has an account.
  const items = list.items?.filter(({ credits, withdrawable }) => credits.length > 0 || withdrawable > 0n);
  return (
    <Section title="Withdrawals to L1">
      <ListTable
        caption="Withdrawals by token"
        columns={COLUMNS}
        list={{ ...list, items }}
        keyOf={({ token }) => token}
        empty="Nothing was withdrawn to this address."
      />
    </Section>
  );
}
