import { useList } from "../data/list.ts";
import { node } from "../data/node.ts";
import { AccountTable } from "../parts/account-table.tsx";
import { PageTitle, Section } from "../parts/page.tsx";

export function Accounts() {
  const list = useList(
    "accounts",
    (after) => node.accounts({ limit: 50, ...(after !== undefined && { after }) }),
    ({ type }) => type === "batch" || type === "state",
  );
  return (
    <>
      <PageTitle title="Accounts" />
      <Section title="By index">
        <AccountTable list={list} />
      </Section>
    </>
  );
}
