import type { Transaction } from "../data/node.ts";
import { titled } from "../format.ts";

type Status = Transaction["status"];

/** A status by word, mark and colour. */
export const StatusMark = ({ status }: { readonly status: Status }) => (
  <span class={`status ${status}`}>{titled(status)}</span>
);

const WAYS = {
  transaction: [
    ["pending", "accepted by the node"],
    ["batched", "in a batch, whose proof is made"],
    ["proven", "the proof is on its way to L1"],
    ["verified", "L1 took the proof: final"],
  ],
  batch: [
    ["batched", "its proof is made"],
    ["proven", "the proof is on its way to L1"],
    ["verified", "L1 took the proof: final"],
  ],
} as const satisfies Record<string, readonly (readonly [Status, string])[]>;

/** The way of a transaction or a batch to L1, and how far on it this one is. Says each change, politely. */
export function StatusSteps({ way, status }: { readonly way: keyof typeof WAYS; readonly status: Status }) {
  const steps = WAYS[way];
  const reached = steps.findIndex(([name]) => name === status);
  return (
    <>
      <ol class="steps">
        {steps.map(([name, meaning], place) => (
          <li
            key={name}
            class={place < reached || status === "verified" ? "done" : place === reached ? "current" : "ahead"}
            {...(place === reached && { "aria-current": "step" as const })}
          >
            <strong>{titled(name)}</strong>
            <span>{meaning}</span>
          </li>
        ))}
      </ol>
      <p class="hidden" role="status">{`Status: ${titled(status)}`}</p>
    </>
  );
}
