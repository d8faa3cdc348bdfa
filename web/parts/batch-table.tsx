import { gasPerTransfer } from "../charts/series.ts";
import type { LiveList } from "../data/list.ts";
import type { Batch } from "../data/node.ts";
import { grouped } from "../format.ts";
import { BatchLink, L1Transaction } from "./links.tsx";
import { StatusMark } from "./status.tsx";
import { ListTable, type Column } from "./table.tsx";
import { Age } from "./values.tsx";

const NUMBER: Column<Batch> = { title: "Batch", cell: ({ number }) => <BatchLink number={number} /> };
const STATUS: Column<Batch> = { title: "Status", cell: ({ status }) => <StatusMark status={status} /> };
const TRANSFERS: Column<Batch> = {
  title: "Transfers",
  isNumber: true,
  cell: ({ transfers, size }) => (
    <>
      {grouped(transfers)} <span class="of">of {grouped(size.transfers)}</span>
    </>
  ),
};
const GAS: Column<Batch> = {
  title: "Gas a transfer",
  isNumber: true,
  cell: (batch) => {
    const gas = gasPerTransfer(batch);
    return gas === undefined ? "–" : grouped(gas);
  },
};
const AGE: Column<Batch> = {
  title: "Age",
  isNumber: true,
  cell: ({ timestamp }) => <Age timestamp={timestamp} />,
};
const MORE: readonly Column<Batch>[] = [
  { title: "L1 operations", isNumber: true, isSecondary: true, cell: ({ l1Operations }) => l1Operations },
  { title: "Withdrawals", isNumber: true, isSecondary: true, cell: ({ withdrawals }) => withdrawals },
];
const L1: Column<Batch> = {
  title: "L1 transaction",
  isSecondary: true,
  cell: ({ l1 }) => (l1 === undefined ? "–" : <L1Transaction hash={l1.transaction} />),
};

interface Options {
  readonly list: LiveList<Batch>;
  /** With fewer columns, and the first page alone. */
  readonly isShort?: boolean;
}

export function BatchTable({ list, isShort = false }: Options) {
  const columns = isShort ? [NUMBER, STATUS, TRANSFERS, GAS, AGE] : [NUMBER, STATUS, TRANSFERS, ...MORE, GAS, L1, AGE];
  return (
    <ListTable
      caption="Batches, the newest first"
      {...{ list, columns }}
      keyOf={({ number }) => number}
      empty="There is no batch yet. The first deposit or transfer makes one."
      isPaged={!isShort}
    />
  );
}
