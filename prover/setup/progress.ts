/** Told how far a long step has come: the fraction done, from 0 to 1, and what is being done. */
export type Progress = (fraction: number, phase: string) => void;

/** Progress of a part of a step: from 0 to 1 in the part is from `start` to `end` in the whole. */
export function partOf(onProgress: Progress | undefined, start: number, end: number): Progress {
  return (fraction, phase) => onProgress?.(start + fraction * (end - start), phase);
}
