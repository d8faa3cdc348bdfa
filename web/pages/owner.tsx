import type { ComponentChildren } from "preact";
import type { Query } from "../../api/client.ts";
import { useAccounts } from "../data/accounts.ts";
import { useList } from "../data/list.ts";
import { node, type Withdrawal } from "../data/node.ts";
import { ownerNamed } from "../data/owners.ts";
import { useResource } from "../data/resource.ts";
import { rolesOf } from "../data/search.ts";
import { useTransactions } from "../data/transactions.ts";
import { AccountTable } from "../parts/account-table.tsx";
import { CopyText } from "../parts/copy-text.tsx";
import { AddressLink, BatchLink, KeyLink, L1AddressAt } from "../parts/links.tsx";
import { Facts, PageTitle, Section } from "../parts/page.tsx";
import { Loaded } from "../parts/states.tsx";
import { ListTable, type Column } from "../parts/table.tsx";
import { TransactionTable } from "../parts/transaction-table.tsx";
import { Amount } from "../parts/values.tsx";

/** All that an L1 address has in the rollup, and can pull from it. */
export function Address({ l1Address }: { readonly l1Address: string }) {
  const transactions = useTransactions({ l1Address, limit: 25 });
  return (
    <>
      <OwnerTitle title="L1 address" name="the L1 address" text={l1Address}>
        <Roles address={l1Address} /> <L1AddressAt address={l1Address} />
      </OwnerTitle>
      <Accounts of={{ l1Address }} />
      <Withdrawals l1Address={l1Address} />
      <Section title="History">
        <TransactionTable list={transactions} empty="It took part in nothing yet." />
      </Section>
    </>
  );
}

/** All accounts that a key signs for. */
export const Key = ({ pubKeyY }: { readonly pubKeyY: bigint }) => (
  <>
    <OwnerTitle title="Public key" name="the public key" text={pubKeyY.toString()} />
    <Accounts of={{ pubKeyY }} />
  </>
);

/** All that a `sheaf:` address names: a key and an L1 address together. */
export function Wallet({ name }: { readonly name: string }) {
  const owner = useResource(name, () => ownerNamed(name));
  return (
    <>
      <OwnerTitle title="Wallet" name="the sheaf: address" text={name} />
      <Loaded what="the wallet" resource={owner}>
        {({ pubKeyY, l1Address }) => (
          <>
            <Section title="What the address says">
              <Facts
                facts={[
                  ["Public key, which signs", <KeyLink pubKeyY={pubKeyY} whole />],
                  ["L1 address, to which withdrawals go", <AddressLink address={l1Address} whole />],
                ]}
              />
            </Section>
            <Accounts of={{ pubKeyY, l1Address }} />
            <Withdrawals l1Address={l1Address} />
          </>
        )}
      </Loaded>
    </>
  );
}

interface TitleOptions {
  readonly title: string;
  /** What is copied: `the L1 address`. */
  readonly name: string;
  readonly text: string;
  readonly children?: ComponentChildren;
}

const OwnerTitle = ({ title, name, text, children }: TitleOptions) => (
  <PageTitle title={title} of={text}>
    <p>
      <CopyText text={text} name={name} whole />
    </p>
    {children && <p>{children}</p>}
  </PageTitle>
);

/** What an address is to the rollup, besides an owner of accounts. */
function Roles({ address }: { readonly address: string }) {
  const { value } = useResource("contract", () => node.contract());
  const roles = value === undefined ? [] : rolesOf(value, address);
  return roles.length === 0 ? null : (
    <>
      This is <a href="#/rollup">the rollup's {roles.join(", ")}</a>.
    </>
  );
}

const Accounts = ({ of }: { readonly of: Pick<Query<"accounts">, "l1Address" | "pubKeyY"> }) => (
  <Section title="In the rollup">
    <AccountTable
      list={useAccounts(of)}
      empty="It has no account in the rollup. A deposit on L1, or a transfer, opens one."
    />
  </Section>
);

const COLUMNS: readonly Column<Withdrawal>[] = [
  {
    title: "On L1, to be pulled",
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
    <Section title="Withdrawn to L1">
      {items !== undefined && items.length > 0 && (
        <p class="quiet">What is to be pulled has left the rollup, and lies in its contract on L1: ./sheaf pull.</p>
      )}
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
