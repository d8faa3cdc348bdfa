import type { LiveList } from "../data/list.ts";
import type { Transaction } from "../data/node.ts";
import { titled } from "../format.ts";
import { AccountLink, BatchLink, TransactionLink } from "./links.tsx";
import { StatusMark } from "./status.tsx";
import { ListTable, type Column } from "./table.tsx";
import { Age, Amount } from "./values.tsx";

/** From where to where a transaction moves its amount. The node opens an account by itself, with nothing in it. */
const Ends = ({ transaction: { kind, from, to } }: { readonly transaction: Transaction }) => (
  <>
    {from === undefined ? kind === "creation" ? "–" : "L1" : <AccountLink index={from} />}
    {" → "}
    {/* Which account a deposit that waits will be in, its batch decides. */}
    {to === undefined ? kind === "deposit" ? "rollup" : "L1" : <AccountLink index={to} />}
  </>
);

/** When a transaction was submitted, or else when its batch was. */
export const timeOf = ({ submittedAt, timestamp }: Transaction): number | undefined =>
  submittedAt === undefined ? timestamp : Math.floor(submittedAt / 1000);

const ID: Column<Transaction> = { title: "Transaction", cell: ({ id }) => <TransactionLink id={id} /> };
const KIND: Column<Transaction> = { title: "Kind", isSecondary: true, cell: ({ kind }) => titled(kind) };
const ENDS: Column<Transaction> = {
  title: "From\u00a0→\u00a0to",
  cell: (transaction) => <Ends {...{ transaction }} />,
};
const AMOUNT: Column<Transaction> = {
  title: "Amount",
  isNumber: true,
  cell: ({ amount, token }) => <Amount {...{ amount, token }} />,
};
const FEE: Column<Transaction> = {
  title: "Fee",
  isNumber: true,
  isSecondary: true,
  cell: ({ fee, token }) => <Amount amount={fee} token={token} />,
};
const STATUS: Column<Transaction> = { title: "Status", cell: ({ status }) => <StatusMark status={status} /> };
const BATCH: Column<Transaction> = {
  title: "Batch",
  isNumber: true,
  isSecondary: true,
  cell: ({ batch }) => (batch === undefined ? "–" : <BatchLink number={batch} />),
};
const AGE: Column<Transaction> = {
  title: "Age",
  isNumber: true,
  isSecondary: true,
  cell: (transaction) => {
    const time = timeOf(transaction);
    return time === undefined ? "–" : <Age timestamp={time} />;
  },
};

interface Options {
  readonly list: LiveList<Transaction>;
  readonly empty: string;
  /** With fewer columns, and the first page alone. */
  readonly isShort?: boolean;
}

export function TransactionTable({ list, empty, isShort = false }: Options) {
  const columns = isShort ? [ID, ENDS, AMOUNT, STATUS] : [ID, KIND, ENDS, AMOUNT, FEE, STATUS, BATCH, AGE];
  return (
    <ListTable
      caption="Transactions, the newest first"
      {...{ list, columns, empty }}
      keyOf={({ id }) => id}
      isPaged={!isShort}
    />
  );
}
