import type { Clock } from "../../../node/clock.ts";

/** A clock by which every slice is over at once. It counts the pauses. */
export function hurriedClock(): Clock & { pauses: number } {
  let elapsed = 0;
  return {
    pauses: 0,
    now: () => 0,
    elapsed: () => (elapsed += 1_000),
    async pause() {
      this.pauses++;
    },
  };
}
