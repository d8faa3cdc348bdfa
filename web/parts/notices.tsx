import { useEffect, useState } from "preact/hooks";
import { visible } from "../../protocol/visible.ts";
import { silentSince, useIsLive } from "../data/live.ts";
import { node, type Health } from "../data/node.ts";
import { useRollup } from "../data/rollup.tsx";
import { Time } from "./values.tsx";

/** What does not work just now, in words, on every page. */
export function Notices() {
  const isLive = useIsLive();
  const { value: state } = useRollup();
  const health = useHealth(isLive);
  const since = silentSince();
  return (
    <div class="notices" role="status">
      {!isLive && since !== undefined && <Offline since={since} />}
      {state?.isFrozen === true && (
        <p class="wrong">The rollup is frozen: it takes no more batches. Every account can leave with ./sheaf exit.</p>
      )}
      {health?.missing
        // Of the frozen rollup the state tells.
        .filter(({ what }) => what !== "rollup")
        .map(({ what, why }) => (
          <p key={what} class="wrong">
            {PARTS[what] ?? what}: {visible(why)}.
          </p>
        ))}
    </div>
  );
}

/** Parts of a node, as its health names them, in words. */
const PARTS: Readonly<Record<string, string>> = {
  L1: "The node does not see what happens on L1 now",
  "looks at L1": "The node does not see what happens on L1 now",
  disk: "The node takes nothing in now",
  ether: "The node cannot submit batches",
  gas: "The node submits no batches while gas is so dear",
  keys: "The node cannot prove batches now",
  operator: "The node cannot submit batches",
  prover: "The node cannot prove batches now",
  queue: "The operator is late",
};

const Offline = ({ since }: { readonly since: number }) => (
  <p class="wrong">
    {navigator.onLine ? "The node does not answer" : "Your browser is offline"} since{" "}
    <Time timestamp={Math.floor(since)} />. What is shown here is from before that. It is asked again every few seconds.
  </p>
);

/** Milliseconds between two looks at the node's health: no event tells of it. */
const LOOK = 15_000;

/** What the node says of its parts; undefined before it has said anything, and where nobody looks. */
function useHealth(isLive: boolean): Health | undefined {
  const [health, setHealth] = useState<Health | undefined>();
  useEffect(() => {
    if (!isLive) return;
    let isWanted = true;
    const look = async (): Promise<void> => {
      if (document.hidden) return;
      // A node that does not answer is offline, which is told already.
      const found = await node.health().catch(() => undefined);
      if (isWanted) setHealth(found);
    };
    void look();
    const timer = setInterval(() => void look(), LOOK);
    return () => {
      isWanted = false;
      clearInterval(timer);
    };
  }, [isLive]);
  return isLive ? health : undefined;
}
