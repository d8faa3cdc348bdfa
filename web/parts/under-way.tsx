import type { Batch } from "../data/node.ts";
import { useProgress } from "../data/progress.ts";
import { grouped } from "../format.ts";
import { BatchLink } from "./links.tsx";
import { Section } from "./page.tsx";
import { ProofProgress } from "./proof-progress.tsx";
import { StatusMark } from "./status.tsx";

/** Batches that L1 has not taken yet, with how far their proofs are. */
export function UnderWay({ batches }: { readonly batches: readonly Batch[] | undefined }) {
  const progressOf = useProgress();
  const newest = batches?.find(({ status }) => status === "verified");
  const under = batches?.filter(({ status }) => status !== "verified").toReversed();
  return (
    <Section title="Under way" class="under-way">
      <p class="hidden" role="status">
        {newest && `Batch ${newest.number} is on L1`}
      </p>
      {under?.length === 0 && <p class="quiet">{newest ? "Nothing: every batch is on L1." : "Nothing yet."}</p>}
      {under !== undefined && under.length > 0 && (
        <ul>
          {under.map((batch) => (
            <li key={batch.number}>
              <span class="name">
                Batch <BatchLink number={batch.number} />
              </span>
              <StatusMark status={batch.status} />
              <span class="quiet">{countsOf(batch)}</span>
              {batch.status === "batched" ? (
                <ProofProgress batch={batch.number} progress={progressOf(batch)} />
              ) : (
                <span class="quiet">waiting for L1</span>
              )}
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}

const countsOf = ({ transfers, withdrawals, l1Operations }: Batch): string =>
  [[transfers, "transfer"] as const, [withdrawals, "withdrawal"] as const, [l1Operations, "L1 operation"] as const]
    .filter(([count]) => count > 0)
    .map(([count, name]) => `${grouped(count)} ${name}${count === 1 ? "" : "s"}`)
    .join(", ");
