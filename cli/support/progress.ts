import { Presets, SingleBar, type Options as BarOptions } from "cli-progress";
import { visible } from "../../protocol/visible.ts";
import type { Progress } from "../../prover/setup/progress.ts";
import { isDrawable, say } from "./output.ts";
import { atEnd } from "./terminal.ts";

/** Between two lines about the same step where there is no terminal to draw on. */
const LINE_INTERVAL_MS = 10_000;

interface Options {
  /** For work that can tell at most its phase: about how long it takes. */
  readonly expectedSeconds?: number;
}

/** What is known of work under way. */
interface Step {
  /** Of 1; 0 until the work tells. */
  readonly fraction: number;
  readonly phase: string;
}

/**
 * Runs long work and shows how far it is, on stderr: a bar with an estimate where the work tells what part of it is done,
 * or else the time that it has taken; plain lines where there is no terminal, or a log.
 */
export async function withProgress<T>(
  label: string,
  work: (onProgress: Progress) => Promise<T>,
  { expectedSeconds }: Options = {},
): Promise<T> {
  const start = performance.now();
  const elapsed = (): number => (performance.now() - start) / 1000;
  const usual = expectedSeconds === undefined ? "" : ` of about ${Math.ceil(expectedSeconds)} s`;
  const time = (): string => {
    const seconds = Math.floor(elapsed());
    return expectedSeconds !== undefined && seconds > expectedSeconds ? `${seconds} s` : `${seconds} s${usual}`;
  };
  const left = (fraction: number): string => `${Math.ceil(elapsed() * (1 / fraction - 1))} s left`;
  const display = isDrawable() ? drawn(visible(label), time, left) : lines(visible(label), time);
  try {
    const result = await work((fraction, phase) => display.update({ fraction, phase: visible(phase) }));
    display.finish(`done in ${elapsed().toFixed(1)} s`, true);
    return result;
  } catch (error) {
    display.finish("failed", false);
    throw error;
  }
}

interface Display {
  readonly update: (step: Step) => void;
  readonly finish: (result: string, isDone: boolean) => void;
}

const SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏";
const FRAME_MS = 100;

function drawn(label: string, time: () => string, left: (fraction: number) => string): Display {
  let step: Step = { fraction: 0, phase: "" };
  let result: string | undefined;
  const frame = (): string => SPINNER[Math.floor(performance.now() / FRAME_MS) % SPINNER.length]!;
  const format = ({ barsize = 40, barCompleteString = "", barIncompleteString = "" }: BarOptions): string => {
    const phase = step.phase === "" ? "" : `, ${step.phase}`;
    if (step.fraction === 0) return `${label} ${result ?? `${frame()} ${time()}${phase}`}`;
    const full = Math.round(step.fraction * barsize);
    const bar = barCompleteString.slice(0, full) + barIncompleteString.slice(0, barsize - full);
    const percent = Math.floor(step.fraction * 100);
    return `${label} [${bar}] ${percent} % | ${result ?? `${left(step.fraction)}${phase}`}`;
  };
  const line = new SingleBar({ format, hideCursor: true, stream: process.stderr }, Presets.shades_classic);
  // It takes the terminal's cursor away, and its line breaks.
  const finished = atEnd(() => line.stop());
  line.start(1, 0);
  return {
    update: (next) => void (step = next),
    finish: (text, isDone) => {
      finished();
      result = text;
      if (isDone && step.fraction > 0) step = { fraction: 1, phase: "" };
      line.stop();
    },
  };
}

function lines(label: string, time: () => string): Display {
  let [step, told, toldAt, isOver] = [{ fraction: 0, phase: "" } as Step, "", 0, false];
  const tell = (): void => {
    [told, toldAt] = [step.phase, performance.now()];
    const done = step.fraction === 0 ? time() : `${Math.floor(step.fraction * 100)} %`;
    say([`${label}: ${done}${step.phase === "" ? "" : `, ${step.phase}`}`]);
  };
  const clock = setInterval(() => performance.now() - toldAt >= LINE_INTERVAL_MS && tell(), LINE_INTERVAL_MS);
  return {
    update: (next) => {
      step = next;
      // Later work, such as a node's following of L1, is not its progress any more.
      if (!isOver && step.fraction < 1 && (step.phase !== told || performance.now() - toldAt >= LINE_INTERVAL_MS))
        tell();
    },
    finish: (result) => {
      clearInterval(clock);
      isOver = true;
      say([`${label}: ${result}`]);
    },
  };
}
