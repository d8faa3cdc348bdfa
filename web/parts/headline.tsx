import type { ComponentChildren } from "preact";
import { useNow } from "../data/clock.ts";
import { node, type Batch, type State } from "../data/node.ts";
import { useResource } from "../data/resource.ts";
import { useRollup } from "../data/rollup.tsx";
import { ageText, amountText, grouped, rateText, shortAmountText, shortGweiText } from "../format.ts";
import { recentGasPerTransfer, recentThroughput } from "../charts/series.ts";
import { BatchLink, L1Transaction, Root } from "./links.tsx";
import { Loaded } from "./states.tsx";
import { Age } from "./values.tsx";

const ETHER_DECIMALS = 18;

/** The rollup in a few numbers. */
export function Headline({ batches }: { readonly batches: readonly Batch[] | undefined }) {
  const state = useRollup();
  return (
    <section aria-label="The rollup in a few numbers">
      <Loaded what="the rollup's state" resource={state}>
        {(value) => (
          <>
            <Numbers state={value} batches={batches ?? []} />
            <p class="root-line">
              State root: <Root root={value.root} />
              <OnL1 batch={batches?.find(({ number }) => number === value.batch)} />
            </p>
          </>
        )}
      </Loaded>
    </section>
  );
}

function Numbers({ state, batches }: { readonly state: State; readonly batches: readonly Batch[] }) {
  const fees = useResource(
    "fees",
    () => node.fees(),
    ({ type }) => type === "state",
  );
  const newest = batches.find(({ status }) => status === "verified");
  const gas = recentGasPerTransfer(batches);
  const { head, tail, deadline } = state.queue;
  return (
    <dl class="numbers">
      <Cell name="Last batch on L1" note={newest && <Age timestamp={newest.timestamp} />}>
        {state.batch === 0 ? "none" : <BatchLink number={state.batch} />}
      </Cell>
      <Cell
        name="Gas a transfer"
        note={fees.value && `as full as batches were, at ${shortGweiText(fees.value.gasPrice)}`}
      >
        {gas === undefined ? "–" : grouped(gas)}
      </Cell>
      <Cell name="Fee of a transfer" note="suggested, in ETH">
        {fees.value ? <Ether amount={fees.value.fee} /> : "–"}
      </Cell>
      <Throughput batches={batches} />
      <Cell name="Waiting" note={state.pending === 1 ? "signed operation" : "signed operations"}>
        {grouped(state.pending)}
      </Cell>
      <Cell name="L1 queue" note={deadline === undefined ? "operations wait" : <Deadline timestamp={deadline} />}>
        {grouped(tail - head)}
      </Cell>
      <Cell name="Accounts" note="in the state tree">
        {grouped(state.accounts)}
      </Cell>
    </dl>
  );
}

function Throughput({ batches }: { readonly batches: readonly Batch[] }) {
  const now = useNow();
  const recent = recentThroughput(batches, now);
  const note = recent && `a minute, in the last ${ageText(recent.since, now).replace(" ago", "")}`;
  return (
    <Cell name="Transfers" note={note ?? "a minute"}>
      {recent === undefined ? "–" : rateText(recent.rate)}
    </Cell>
  );
}

const Ether = ({ amount }: { readonly amount: bigint }) => (
  <span title={`${amountText(amount, ETHER_DECIMALS)} ETH`}>{shortAmountText(amount, ETHER_DECIMALS)}</span>
);

interface CellOptions {
  readonly name: string;
  readonly note: ComponentChildren;
  readonly children: ComponentChildren;
}

const Cell = ({ name, note, children }: CellOptions) => (
  <div>
    <dt>{name}</dt>
    <dd>
      <span class="big">{children}</span>
      <span class="note">{note}</span>
    </dd>
  </div>
);

const Deadline = ({ timestamp }: { readonly timestamp: number }) => (
  <>
    due <Age timestamp={timestamp} isDue />
  </>
);

const OnL1 = ({ batch }: { readonly batch: Batch | undefined }) =>
  batch?.l1 === undefined ? null : (
    <>
      {" "}
      set by the L1 transaction <L1Transaction hash={batch.l1.transaction} />
    </>
  );
