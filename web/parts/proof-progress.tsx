import type { Progress } from "../data/progress.ts";

interface Options {
  readonly batch: number;
  readonly progress: Progress | undefined;
}

/** How far a batch's proof is. A prover that cannot tell says what it does alone. */
export function ProofProgress({ batch, progress: { phase, fraction } = WAITING }: Options) {
  const percentage = Math.floor(fraction * 100);
  const text = percentage === 0 ? phase : `${phase} ${percentage} %`;
  return (
    <div class="proof-progress">
      <progress
        max={100}
        {...(percentage > 0 && { value: percentage })}
        aria-label={`Proof of batch ${batch}`}
        aria-valuetext={text}
      />
      <span>{text}</span>
    </div>
  );
}

const WAITING: Progress = { phase: "waiting for the prover", fraction: 0 };
