import { createHistogram, type RecordableHistogram } from "node:perf_hooks";

/** For how long an event loop was held up, in milliseconds. */
export interface Stalls {
  /** Of its turns the longest by the clock, in which the machine may have done other things, and 99 of 100. */
  readonly longest: number;
  readonly p99: number;
  /** Of its turns the one with the most processor time of the loop's own thread, and 99 of 100. */
  readonly processor: number;
  readonly processorP99: number;
}

/** Milliseconds between two looks at what was used: turns that are shorter are not told apart. */
const LOOK_MS = 1;

/** Watches this thread's event loop. */
export class Probe {
  #clock = createHistogram();
  #processor = createHistogram();
  #at = performance.now();
  #used = process.threadCpuUsage();

  constructor() {
    setInterval(() => this.#look(), LOOK_MS).unref();
  }

  /** What was seen since it was asked last. */
  take(): Stalls {
    this.#look();
    const [clock, processor] = [this.#clock, this.#processor];
    [this.#clock, this.#processor] = [createHistogram(), createHistogram()];
    return {
      ...{ longest: clock.max / 1000, p99: clock.percentile(99) / 1000 },
      ...{ processor: processor.max / 1000, processorP99: processor.percentile(99) / 1000 },
    };
  }

  #look(): void {
    const [before, usedBefore] = [this.#at, this.#used];
    this.#at = performance.now();
    this.#used = process.threadCpuUsage();
    record(this.#clock, (this.#at - before - LOOK_MS) * 1000);
    record(this.#processor, this.#used.user + this.#used.system - usedBefore.user - usedBefore.system);
  }
}

/** A histogram takes whole numbers from 1 on. */
const record = (histogram: RecordableHistogram, microseconds: number): void =>
  histogram.record(Math.max(1, Math.round(microseconds)));
