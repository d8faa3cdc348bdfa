import { SheafError } from "../../protocol/errors.ts";

/** Accounts that a node opens for nothing. Whoever asks signs nothing, so it is rationed. */
export interface GiftLimits {
  /** A day, in all and for one client. */
  readonly perDay: number;
  readonly perClient: number;
}

/** Those that wait at a time; they have this room for themselves. */
const WAITING = 64;
export const DAY = 24 * 3_600_000;

/** Counts the accounts that are given away, over the last day. */
export class Gifts {
  readonly #limits: GiftLimits;
  /** Milliseconds of Unix time, the oldest first. */
  #given: { readonly at: number; readonly client: string | undefined }[];

  /** @param given when accounts were given away in the last day */
  constructor(limits: GiftLimits, given: readonly number[]) {
    this.#limits = limits;
    this.#given = given.map((at) => ({ at, client: undefined }));
  }

  /**
   * Throws `OPENING_UNPAID` if there is nothing to give away now.
   *
   * @param waiting gifts that wait for a batch
   */
  require(client: string, waiting: number, now: number): void {
    const { perDay, perClient } = this.#limits;
    if (perDay === 0 || perClient === 0)
      throw new SheafError("OPENING_UNPAID", "this node opens no account for nothing");
    this.#given = this.#given.filter(({ at }) => at > now - DAY);
    const own = this.#given.filter((gift) => gift.client === client);
    this.#requireBelow(perClient, own, now, " for one client");
    this.#requireBelow(perDay, this.#given, now, "");
    if (waiting < WAITING) return;
    throw new SheafError("OPENING_UNPAID", `${waiting} accounts wait to be opened for nothing`);
  }

  note(client: string, now: number): void {
    this.#given.push({ at: now, client });
  }

  #requireBelow(limit: number, given: readonly { readonly at: number }[], now: number, whom: string): void {
    if (given.length < limit) return;
    const hours = Math.ceil((given[given.length - limit]!.at + DAY - now) / 3_600_000);
    const message = `this node opens ${limit} accounts a day for nothing${whom}; the next one in ${hours} hours`;
    throw new SheafError("OPENING_UNPAID", message);
  }
}
