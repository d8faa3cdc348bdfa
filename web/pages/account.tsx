import { claimOf } from "../data/claim.ts";
import type { LiveEvent } from "../data/live.ts";
import { node, type Account as AccountData } from "../data/node.ts";
import { useResource } from "../data/resource.ts";
import { useTransactions } from "../data/transactions.ts";
import { grouped } from "../format.ts";
import { AddressLink, KeyLink, OwnerLink, TokenName } from "../parts/links.tsx";
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
            <Section title="What it has, and whose it is">
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
  const withdrawable = useWithdrawable(l1Address, token);
  return (
    <Facts
      facts={[
        ["Left the rollup", exited ? "by a proof, with all of its balance, which its L1 address can pull" : undefined],
        [
          "In the rollup, final",
          exited ? undefined : final ? (
            <Amount amount={balance} token={token} exact />
          ) : (
            "nothing yet: a batch opens it"
          ),
        ],
        [
          "In the rollup, with what is pending",
          isChanging && !exited ? <Amount amount={pending.balance} token={token} exact /> : undefined,
        ],
        [
          "On L1, to be pulled by its L1 address",
          withdrawable === undefined ? undefined : <Amount amount={withdrawable} token={token} exact />,
        ],
        ["Token", <TokenName id={token} />],
        ["Operations signed", isChanging ? `${grouped(nonce)}, then ${grouped(pending.nonce)}` : grouped(nonce)],
        ["Owner's sheaf: address, to be paid at", <OwnerLink pubKeyY={pubKeyY} l1Address={l1Address} whole />],
        ["Owner's L1 address", <AddressLink address={l1Address} whole />],
        ["Owner's public key", <KeyLink pubKeyY={pubKeyY} whole />],
      ]}
    />
  );
}

/** What an L1 address can pull of a token, whichever of its accounts it came from. */
function useWithdrawable(l1Address: string, token: number): bigint | undefined {
  const { value } = useResource(
    `withdrawals/${l1Address}/${token}`,
    // Tokens before it are passed over.
    () => node.withdrawals({ l1Address, limit: 1, ...(token > 0 && { after: `t${token - 1}` }) }),
    ({ type }) => type === "state",
  );
  if (value === undefined) return undefined;
  return value.items.find((withdrawal) => withdrawal.token === token)?.withdrawable ?? 0n;
}
