import type { ComponentChildren } from "preact";
import type { LiveList } from "../data/list.ts";
import { Empty, Failure, Loading } from "./states.tsx";

export interface Column<T> {
  readonly title: string;
  readonly cell: (row: T) => ComponentChildren;
  readonly isNumber?: boolean;
  /** Left out where the page is narrow; what the row leads to has it. */
  readonly isSecondary?: boolean;
}

interface TableOptions<T> {
  readonly caption: string;
  readonly columns: readonly Column<T>[];
  readonly rows: readonly T[];
  readonly keyOf: (row: T) => string | number;
}

/** A table whose first column names the row. */
export function Table<T>({ caption, columns, rows, keyOf }: TableOptions<T>) {
  return (
    <div class="scroll">
      <table>
        <caption class="hidden">{caption}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.title} scope="col" class={classOf(column)}>
                {column.title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)}>
              {columns.map((column, place) =>
                place === 0 ? (
                  <th key={column.title} scope="row" class={classOf(column)}>
                    {column.cell(row)}
                  </th>
                ) : (
                  <td key={column.title} class={classOf(column)}>
                    {column.cell(row)}
                  </td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const classOf = ({ isNumber, isSecondary }: Pick<Column<never>, "isNumber" | "isSecondary">): string =>
  [isNumber && "number", isSecondary && "secondary"].filter(Boolean).join(" ");

interface ListOptions<T> extends Omit<TableOptions<T>, "rows"> {
  readonly list: LiveList<T>;
  /** What is said where there is nothing. */
  readonly empty: string;
  /** Whether older ones may be asked for. */
  readonly isPaged?: boolean;
}

/** A live list as a table, with what is to be seen before it is there, without it, and below it. */
export function ListTable<T>({ list, empty, isPaged = true, ...table }: ListOptions<T>) {
  return (
    <>
      {list.items === undefined && list.error === undefined && <Loading what={table.caption.toLowerCase()} />}
      {list.items?.length === 0 && <Empty>{empty}</Empty>}
      {list.items !== undefined && list.items.length > 0 && <Table {...table} rows={list.items} />}
      {list.error && <Failure error={list.error} retry={list.reload} />}
      {isPaged && list.hasMore && (
        <button type="button" class="more" onClick={list.loadMore} aria-disabled={list.isLoadingMore}>
          {list.isLoadingMore ? "Loading…" : "Show older"}
        </button>
      )}
    </>
  );
}
