import { setImmediate as turn } from "node:timers/promises";
import type { Clock } from "../../node/clock.ts";

interface Appointment {
  readonly at: number;
  readonly place: number;
  readonly action: () => void;
}

/** Turns of the event loop that what follows from one appointment takes at most: a group commit is one. */
const TURNS = 3;

/** Virtual time: it stands still while anything is done, and then jumps to what comes next. */
export class Timeline {
  /** Milliseconds since the beginning. */
  elapsed = 0;
  /** A binary heap, the next one first. */
  readonly #appointments: Appointment[] = [];
  #places = 0;

  after(milliseconds: number, action: () => void): void {
    const heap = this.#appointments;
    heap.push({ at: this.elapsed + Math.max(0, milliseconds), place: this.#places++, action });
    for (let i = heap.length - 1; i > 0;) {
      const parent = (i - 1) >> 1;
      if (!isBefore(heap[i]!, heap[parent]!)) break;
      swap(heap, i, parent);
      i = parent;
    }
  }

  /** Lets time pass until a moment, or until something is so. */
  async run(until: number, isEnough: () => boolean = () => false): Promise<void> {
    for (;;) {
      for (let i = 0; i < TURNS; i++) await turn();
      const next = this.#appointments[0];
      if (isEnough()) return;
      if (next === undefined || next.at > until) break;
      this.#removeFirst();
      this.elapsed = next.at;
      next.action();
    }
    this.elapsed = until;
  }

  /** Milliseconds later. */
  wait(milliseconds: number): Promise<void> {
    return new Promise((done) => this.after(milliseconds, done));
  }

  #removeFirst(): void {
    const heap = this.#appointments;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    heap[0] = last;
    for (let i = 0; ;) {
      const [left, right] = [2 * i + 1, 2 * i + 2];
      let first = i;
      if (left < heap.length && isBefore(heap[left]!, heap[first]!)) first = left;
      if (right < heap.length && isBefore(heap[right]!, heap[first]!)) first = right;
      if (first === i) return;
      swap(heap, i, first);
      i = first;
    }
  }
}

const isBefore = (a: Appointment, b: Appointment): boolean => a.at < b.at || (a.at === b.at && a.place < b.place);

function swap(heap: Appointment[], i: number, j: number): void {
  [heap[i], heap[j]] = [heap[j]!, heap[i]!];
}

/** A process, until it is killed: then nothing comes back to it any more, and nothing of it goes on. */
export class Life {
  isOver = false;

  /** What a process is told; nothing, ever, once it is dead. */
  told<T>(answer: Promise<T>): Promise<T> {
    return new Promise((done, failed) => {
      answer.then(
        (value) => void (this.isOver || done(value)),
        (error: unknown) => void (this.isOver || failed(error as Error)),
      );
    });
  }
}

/** The clock of a machine: it shows what it was set to. */
export class MachineClock {
  readonly #timeline: Timeline;
  /** Milliseconds of Unix time at the beginning. */
  readonly #start: number;
  /** Milliseconds that it is ahead. */
  ahead = 0;

  constructor(timeline: Timeline, start: number) {
    this.#timeline = timeline;
    this.#start = start;
  }

  /** As a process on the machine has it. */
  of(life: Life): Clock {
    const timeline = this.#timeline;
    return {
      now: () => this.#start + timeline.elapsed + this.ahead,
      elapsed: () => timeline.elapsed,
      pause: (milliseconds, signal) =>
        new Promise((done) => {
          if (signal?.aborted === true) return done();
          let isOver = false;
          const end = (): void => {
            if (isOver || life.isOver) return;
            isOver = true;
            signal?.removeEventListener("abort", end);
            done();
          };
          signal?.addEventListener("abort", end);
          timeline.after(milliseconds, end);
        }),
    };
  }
}
