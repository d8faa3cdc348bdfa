import { useBatches } from "../data/batches.ts";
import { BatchTable } from "../parts/batch-table.tsx";
import { PageTitle, Section } from "../parts/page.tsx";

export const Batches = () => (
  <>
    <PageTitle title="Batches" />
    <Section title="Newest first">
      <BatchTable list={useBatches(50)} />
    </Section>
  </>
);
