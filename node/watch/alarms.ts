/** What can be wrong, the gravest first, with the exit code of a watch that found it: above those of shells and Node. */
export const ALARMS = {
  /** A root on L1 does not follow from the published words: proofs prove nothing any more, or the node lies. */
  "root-mismatch": 20,
  frozen: 21,
  /** Nobody served the queue: anyone may freeze the rollup. */
  freezable: 22,
  /** Two L1 nodes show different chains. */
  "nodes-disagree": 23,
  /** The L1 node contradicts itself, or leaves out logs. */
  "node-inconsistent": 24,
  /** The oldest deadline has passed: anyone may submit. */
  "queue-overdue": 25,
  "owner-changed": 26,
  "operator-changed": 27,
  "deadline-near": 28,
  /** What waits in the queue has waited for long, though its deadline is far. */
  "queue-stalled": 29,
  /** The L1 node does not answer, or has no new blocks: whatever happens is not seen. */
  blind: 30,
  /** The timelock that owns the rollup is to call it, or to change itself. */
  "change-scheduled": 31,
  /** A blob with transfers is not to be had: the state cannot be read on, or soon not from the start. */
  "blob-unavailable": 32,
  /** Which batch it is that does not follow, and what can be done about it; besides `root-mismatch`. */
  "batch-refused": 33,
} as const;

export type AlarmKind = keyof typeof ALARMS;

export interface Alarm {
  readonly kind: AlarmKind;
  /** What was seen, and what to do about it. */
  readonly message: string;
}

/** The exit code for what was found: the gravest alarm's, 0 for none. */
export function exitCodeOf(alarms: readonly Alarm[]): number {
  const codes = alarms.map(({ kind }) => ALARMS[kind]);
  return codes.length === 0 ? 0 : Math.min(...codes);
}
