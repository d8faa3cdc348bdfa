import type { LiveList } from "../data/list.ts";
import type { Account } from "../data/node.ts";
import { grouped } from "../format.ts";
import { AccountLink, AddressLink, KeyLink } from "./links.tsx";
import { ListTable, type Column } from "./table.tsx";
import { Amount } from "./values.tsx";

const COLUMNS: readonly Column<Account>[] = [
  { title: "Account", cell: ({ index }) => <AccountLink index={index} /> },
  {
    title: "In the rollup",
    isNumber: true,
    cell: ({ balance, token, exited }) => (exited ? "left" : <Amount amount={balance} token={token} />),
  },
  { title: "Operations", isNumber: true, cell: ({ nonce }) => grouped(nonce) },
  { title: "L1 address", isSecondary: true, cell: ({ l1Address }) => <AddressLink address={l1Address} /> },
  { title: "Public key", isSecondary: true, cell: ({ pubKeyY }) => <KeyLink pubKeyY={pubKeyY} /> },
];

interface Options {
  readonly list: LiveList<Account>;
  readonly empty: string;
}

export const AccountTable = ({ list, empty }: Options) => (
  <ListTable caption="Accounts by index" columns={COLUMNS} list={list} keyOf={({ index }) => index} empty={empty} />
);
