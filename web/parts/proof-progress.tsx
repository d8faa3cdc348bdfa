import type { Progress } from "../data/progress.ts";

interface Options {
  readonly batch: number;
  readonly progress: Progress | undefined;
}

/** How far a batch's proof is. */
export function ProofProgress({ batch, progress }: Options) {
  const percentage = Math.floor((progress?.fraction ?? 0) * 100);
  return (
    <div class="proof-progress">
      <progress
        max={100}
        {...(progress && { value: percentage })}
        aria-label={`Proof of batch ${batch}`}
        aria-valuetext={progress ? `${progress.phase}, ${percentage} %` : "waiting"}
      />
      <span>{progress ? `${progress.phase} ${percentage} %` : "waiting for the prover"}</span>
    </div>
  );
}
