import { claimOf } from "../data/claim.ts";
import type { LiveEvent } from "../data/live.ts";
import type { Account as AccountData } from "../data/node.ts";
import { useResource } from "../data/resource.ts";
import { useTransactions } from "../data/transactions.ts";
import { grouped } from "../format.ts";
import { AddressLink, KeyLink } from "../parts/links.tsx";
import { Facts, PageTitle, Section } from "../parts/page.tsx";
import { ProofPanel } from "../parts/proof-panel.tsx";
import { Loaded } from "../parts/states.tsx";
import { TransactionTable } from "../parts/transaction-table.tsx";
import { Amount } from "../parts/values.tsx";

export function Account({ index }: { readonly index: number }) {
  const concerns = (event: LiveEvent): boolean =>
    event.type === "batch" ||
    event.type === "state" ||
    (event.type === "transaction" && [event.data.from, event.data.to].includes(index));
  const claim = useResource(`account/${index}`, () => claimOf(index), concerns);
  const transactions = useTransactions({ account: index, limit: 25 });
  return (
    <>
      <PageTitle title={`Account ${index}`} />
      <Loaded what="the account" resource={claim}>
        {(value) => (
          <>
            <Section title="Holding">
              <AccountFacts account={value.account} />
            </Section>
            <ProofPanel index={index} claim={value} />
            <Section title="History">
              <TransactionTable list={transactions} empty="It took part in nothing yet." />
            </Section>
          </>
        )}
      </Loaded>
    </>
  );
}

function AccountFacts({ account }: { readonly account: AccountData }) {
  const { balance, token, nonce, pending, pubKeyY, l1Address, final, exited } = account;
  const isChanging = pending.balance !== balance || pending.nonce !== nonce;
  return (
    <Facts
      facts={[
        ["Left the rollup", exited ? "by a proof, with all of its balance, which its L1 address can pull" : undefined],
        ["Balance on L1", final ? <Amount amount={balance} token={token} exact /> : "not there yet: a batch opens it"],
        ["After what is under way", isChanging ? <Amount amount={pending.balance} token={token} exact /> : undefined],
        ["Operations signed", isChanging ? `${grouped(nonce)}, then ${grouped(pending.nonce)}` : grouped(nonce)],
        ["L1 address", <AddressLink address={l1Address} whole />],
        ["Public key", <KeyLink pubKeyY={pubKeyY} whole />],
      ]}
    />
  );
}
