import type { Transaction } from "../data/node.ts";
import { titled } from "../format.ts";

type Status = Transaction["status"];

/** A status by word, mark and colour. */
export const StatusMark = ({ status }: { readonly status: Status }) => (
  <span class={`status ${status}`}>{titled(status)}</span>
);

/** A step of the way to L1, in words for before, while and after it is taken. */
interface Step {
  readonly status: Status;
  readonly ahead: string;
  readonly now: string;
  readonly done: string;
}

const PROVEN: Step = {
  status: "proven",
  ahead: "then the proof goes to L1",
  now: "the proof is on its way to L1",
  done: "the proof went to L1",
};
const VERIFIED: Step = {
  status: "verified",
  ahead: "then L1 checks it",
  now: "L1 checked the proof and took the batch",
  done: "L1 checked the proof and took the batch",
};
const BATCHED: Step = {
  status: "batched",
  ahead: "then a batch takes it, and is proven",
  now: "a batch took it, and is being proven",
  done: "a batch took it, and was proven",
};
const pending = (done: string): Step => ({
  status: "pending",
  ahead: done,
  now: `${done}; it waits for a batch`,
  done,
});

const WAYS = {
  transaction: [pending("the node accepted it"), BATCHED, PROVEN, VERIFIED],
  /** Of what L1's queue holds. */
  queued: [pending("L1 queued it"), BATCHED, PROVEN, VERIFIED],
  batch: [
    { status: "batched", ahead: "made, then proven", now: "made, and is being proven", done: "made and proven" },
    PROVEN,
    VERIFIED,
  ],
} as const satisfies Record<string, readonly Step[]>;

/** The way of a transaction or a batch to L1, and how far on it this one is. Says each change, politely. */
export function StatusSteps({ way, status: reached }: { readonly way: keyof typeof WAYS; readonly status: Status }) {
  const steps: readonly Step[] = WAYS[way];
  const place = steps.findIndex(({ status }) => status === reached);
  const tenseOf = (step: number): keyof Omit<Step, "status"> =>
    step < place || reached === "verified" ? "done" : step === place ? "now" : "ahead";
  return (
    <>
      <ol class="steps">
        {steps.map((step, at) => (
          <li key={step.status} class={tenseOf(at)} {...(at === place && { "aria-current": "step" as const })}>
            <strong>{titled(step.status)}</strong>
            <span>{step[tenseOf(at)]}</span>
          </li>
        ))}
      </ol>
      <p class="hidden" role="status">{`Status: ${titled(reached)}`}</p>
    </>
  );
}
