import { useBatches } from "../data/batches.ts";
import type { Batch } from "../data/node.ts";
import { grouped } from "../format.ts";
import { BatchLink, L1Transaction, Root } from "../parts/links.tsx";
import { PageTitle, Section } from "../parts/page.tsx";
import { ListTable, type Column } from "../parts/table.tsx";
import { Age } from "../parts/values.tsx";

/** The state's root after each batch that L1 took, with the transaction that set it. */
export function Roots() {
  const list = useBatches(100);
  const verified = list.items?.filter(({ status }) => status === "verified");
  // What the oldest one here starts at, the page does not have.
  const broken = verified?.slice(0, -1).filter((batch, place) => !follows(batch, verified[place + 1]!));
  return (
    <>
      <PageTitle title="State roots">
        <p>Each batch leads from one root of the state tree to the next. L1 holds the newest.</p>
      </PageTitle>
      <Section title="History">
        {verified !== undefined && verified.length > 1 && broken!.length === 0 && (
          <p class="right">
            Checked in this page: each of these {grouped(verified.length)} batches starts at the root before it.
          </p>
        )}
        {broken !== undefined && broken.length > 0 && (
          <p class="wrong" role="alert">
            Batch {broken.map(({ number }) => number).join(", ")} does not start at the root before it.
          </p>
        )}
        <ListTable
          caption="State roots, the newest first"
          columns={COLUMNS}
          list={{ ...list, items: verified }}
          keyOf={({ number }) => number}
          empty="L1 has taken no batch yet."
        />
      </Section>
    </>
  );
}

/** Whether a batch starts where the one before it ended. */
const follows = ({ number, oldRoot }: Batch, before: Batch): boolean =>
  before.number === number - 1 && before.root === oldRoot;

const COLUMNS: readonly Column<Batch>[] = [
  { title: "Batch", cell: ({ number }) => <BatchLink number={number} /> },
  { title: "Root after it", cell: ({ root }) => <Root root={root} /> },
  { title: "L1 transaction", cell: ({ l1 }) => (l1 === undefined ? "–" : <L1Transaction hash={l1.transaction} />) },
  { title: "L1 block", isNumber: true, isSecondary: true, cell: ({ l1 }) => (l1 ? grouped(l1.block) : "–") },
  { title: "Age", isNumber: true, isSecondary: true, cell: ({ timestamp }) => <Age timestamp={timestamp} /> },
];
