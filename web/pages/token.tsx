import { visible } from "../../protocol/visible.ts";
import { useAccounts } from "../data/accounts.ts";
import { useTokens } from "../data/tokens.tsx";
import { useTransactions } from "../data/transactions.ts";
import { grouped } from "../format.ts";
import { AccountTable } from "../parts/account-table.tsx";
import { TokenAddress } from "../parts/links.tsx";
import { Facts, PageTitle, Section } from "../parts/page.tsx";
import { Empty } from "../parts/states.tsx";
import { TransactionTable } from "../parts/transaction-table.tsx";
import { Symbol } from "../parts/values.tsx";

/** A token, its accounts and its transactions. */
export function Token({ id }: { readonly id: number }) {
  const tokens = useTokens();
  const token = tokens.get(id);
  const accounts = useAccounts({ token: id });
  const transactions = useTransactions({ token: id, limit: 25 });
  if (token === undefined) {
    return (
      <>
        <PageTitle title={`Token ${id}`} />
        <Empty>{tokens.size === 0 ? "The node has not named its tokens yet." : `The rollup has no token ${id}.`}</Empty>
      </>
    );
  }
  const namesakes = [...tokens.values()].filter((other) => other.id !== id && isNamesake(other.symbol, token.symbol));
  return (
    <>
      <PageTitle title={`Token ${id}`} of={visible(token.symbol)} />
      <Section title="The token">
        {namesakes.length > 0 && (
          <p class="wrong">
            {grouped(namesakes.length)} other {namesakes.length === 1 ? "token has" : "tokens have"} this symbol: tell
            them apart by their addresses.
          </p>
        )}
        <Facts
          facts={[
            ["Symbol", <Symbol token={token} />],
            ["Decimals", grouped(token.decimals)],
            [
              "Contract on L1",
              id === 0 ? "none: it is L1's own currency" : <TokenAddress address={token.address} whole />,
            ],
          ]}
        />
        {id !== 0 && (
          <p class="quiet">
            A token's contract chooses symbol and decimals itself. The owner of the rollup registered it.
          </p>
        )}
      </Section>
      <Section title="Accounts of it">
        <AccountTable list={accounts} empty="No account holds it." />
      </Section>
      <Section title="Its transactions">
        <TransactionTable list={transactions} empty="There is none yet." />
      </Section>
    </>
  );
}

const isNamesake = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase();
