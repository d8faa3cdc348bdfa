/** Exit code after Ctrl-C, as shells have it. */
export const INTERRUPTED = 130;
const EXIT_CODES = { SIGINT: INTERRUPTED, SIGTERM: 143 } as const;
const SIGNALS = Object.keys(EXIT_CODES) as (keyof typeof EXIT_CODES)[];

/**
 * Has something done should the process end before it is told otherwise, by a signal too. A signal that somebody else
 * takes care of does not end it.
 *
 * @returns tells otherwise
 */
export function atEnd(work: () => void): () => void {
  const handlers = SIGNALS.filter((signal) => process.listenerCount(signal) === 0).map((signal) => {
    const end = (): never => process.exit(EXIT_CODES[signal]);
    process.once(signal, end);
    return () => process.removeListener(signal, end);
  });
  process.once("exit", work);
  return () => {
    process.removeListener("exit", work);
    for (const remove of handlers) remove();
  };
}
