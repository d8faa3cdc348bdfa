/** The longest pause after failures, in pauses after a success, and in milliseconds if one of those is shorter. */
const [MOST_PAUSES, LONGEST] = [32, 120_000];

/**
 * How long to wait after failures in a row: twice as long after each, up to two minutes. A node that has looked away for
 * longer would go on telling of a fault which has ended.
 *
 * @param pause milliseconds, as after a success; the result is never shorter
 */
export function backoff(pause: number, failures: number): number {
  return Math.min(pause * Math.min(2 ** failures, MOST_PAUSES), Math.max(pause, LONGEST));
}
