import { useAccounts } from "../data/accounts.ts";
import { AccountTable } from "../parts/account-table.tsx";
import { PageTitle, Section } from "../parts/page.tsx";

export const Accounts = () => (
  <>
    <PageTitle title="Accounts" />
    <Section title="By index">
      <AccountTable list={useAccounts({})} empty="There is no account yet. A deposit on L1 opens one." />
    </Section>
  </>
);
