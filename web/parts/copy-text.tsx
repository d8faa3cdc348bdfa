import { useState } from "preact/hooks";
import { shortened } from "../format.ts";

interface Options {
  readonly text: string;
  /** What it is, for who does not see it: `the transaction's id`. */
  readonly name: string;
  readonly href?: string;
  /** Shown whole, however long. */
  readonly whole?: boolean;
}

const SHEETS = "M5.5 5.5v-3h8v8h-3M2.5 5.5h8v8h-8z";
const MARKS = { Copied: "M3 8.5l3.5 3.5 7-8", "Not copied: the browser refused": "M4 4l8 8M12 4l-8 8" } as const;

/** A long text, such as a hash, cut in its middle, with a button that copies it whole. */
export function CopyText({ text, name, href, whole = false }: Options) {
  const [outcome, setOutcome] = useState<keyof typeof MARKS | undefined>();
  const shown = whole ? text : shortened(text);
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(text).then(
      () => setOutcome("Copied"),
      () => setOutcome("Not copied: the browser refused"),
    );
    setTimeout(() => setOutcome(undefined), 1500);
  };
  return (
    <span class={`copy ${whole ? "whole" : ""}`}>
      {href === undefined ? (
        <code title={text}>{shown}</code>
      ) : (
        <a href={href} title={text}>
          <code>{shown}</code>
        </a>
      )}
      {/* Over plain HTTP from elsewhere a page has no clipboard. */}
      {navigator.clipboard !== undefined && (
        <button type="button" onClick={() => void copy()} title={`Copy ${name}`}>
          <svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true">
            <path d={outcome === undefined ? SHEETS : MARKS[outcome]} />
          </svg>
          <span class="hidden" aria-live="polite">
            {outcome ?? `Copy ${name}`}
          </span>
        </button>
      )}
    </span>
  );
}
