import type { Logger } from "pino";
import { Presets, SingleBar } from "cli-progress";
import type { Progress } from "../../prover/setup/progress.ts";
import { say } from "./output.ts";
import { atEnd } from "./signals.ts";

/** Seconds between two lines about the same step where there is no terminal to draw a bar on. */
const LINE_INTERVAL = 10;

interface Options {
  /** For work that can tell at most its phase: about how long it takes. The bar then follows the clock. */
  readonly expectedSeconds?: number;
  /** Where stderr is a log, which then gets the lines. */
  readonly log?: Pick<Logger, "info">;
}

/** Runs long work under a progress bar with an estimate, on stderr; plain lines where that is no terminal. */
export async function withProgress<T>(
  label: string,
  work: (onProgress: Progress) => Promise<T>,
  { expectedSeconds, log }: Options = {},
): Promise<T> {
  const display = log === undefined && process.stderr.isTTY ? bar(label) : lines(label, log);
  const start = performance.now();
  const elapsed = (): number => (performance.now() - start) / 1000;
  let lastPhase = "";
  const follow = (seconds: number): void => display.update(Math.min(elapsed() / seconds, 0.99), lastPhase);
  const clock = expectedSeconds === undefined ? undefined : setInterval(() => follow(expectedSeconds), 500);
  const onProgress: Progress = (fraction, phase) => {
    lastPhase = phase;
    if (expectedSeconds === undefined) display.update(fraction, phase);
    else follow(expectedSeconds);
  };
  try {
    const result = await work(onProgress);
    display.update(1, "");
    display.finish(`done in ${elapsed().toFixed(1)} s`);
    return result;
  } catch (error) {
    display.finish("failed");
    throw error;
  } finally {
    clearInterval(clock);
  }
}

interface Display {
  readonly update: Progress;
  finish(result: string): void;
}

function bar(label: string): Display {
  const format = `${label} [{bar}] {percentage} % | {left}{phase}`;
  const drawn = new SingleBar({ format, hideCursor: true, stream: process.stderr }, Presets.shades_classic);
  const start = performance.now();
  // A bar takes the terminal's cursor away, and its line breaks.
  const finished = atEnd(() => drawn.stop());
  drawn.start(1000, 0, { left: "", phase: "" });
  return {
    update: (fraction, phase) => {
      const secondsLeft = ((performance.now() - start) / 1000) * (1 / fraction - 1);
      const left = Number.isFinite(secondsLeft) ? `${Math.ceil(secondsLeft)} s left` : "";
      drawn.update(Math.round(fraction * 1000), { left, phase: left !== "" && phase !== "" ? `, ${phase}` : phase });
    },
    finish: (phase) => {
      finished();
      drawn.update({ left: "", phase });
      drawn.stop();
    },
  };
}

function lines(label: string, log: Options["log"]): Display {
  let [lastPhase, lastTime] = ["", performance.now()];
  const write = (text: string): void => (log === undefined ? say(`${label}: ${text}`) : log.info(`${label}: ${text}`));
  return {
    update: (fraction, phase) => {
      const now = performance.now();
      if (fraction === 1) return;
      if (phase === lastPhase && now - lastTime < LINE_INTERVAL * 1000) return;
      [lastPhase, lastTime] = [phase, now];
      write(`${Math.round(fraction * 100)} %${phase === "" ? "" : `, ${phase}`}`);
    },
    finish: write,
  };
}
