import { commitmentOf, versionedHashOf } from "../../l1/blobs/kzg.ts";
import { blobOf, withoutZeros } from "../../l1/blobs/layout.ts";
import { errorText } from "../../lib/error-text.ts";
import { withRetries } from "../../lib/retry.ts";
import { within } from "../../lib/within.ts";
import { SheafError } from "../../protocol/errors.ts";
import { SYSTEM_CLOCK, type Clock } from "../clock.ts";
import { archiveSource } from "./archive.ts";
import { beaconSource } from "./beacon.ts";
import type { BlobSource, WantedBlob } from "./source.ts";

/** Days that L1's nodes keep blobs for: 4,096 epochs of 32 slots of 12 seconds (EIP-4844). */
export const BLOB_DAYS = 18.2;
const DAY = 86_400;

export interface FindOptions {
  /** How often all sources are asked in all. */
  readonly attempts?: number;
  /** Milliseconds before they are asked for the second time; each further pause is twice as long. */
  readonly pause?: number;
  /** Milliseconds for which a source may take its time. */
  readonly patience?: number;
  readonly clock?: Clock;
}

/** Which servers may have blobs. */
export interface BlobPlaces {
  readonly beacon?: string | undefined;
  readonly archive?: readonly string[] | undefined;
}

/**
 * Finds blobs among sources that nobody trusts. A source that gives something else, too much or nothing, or does not answer in
 * time, is passed over for the next one.
 *
 * What counts is the KZG commitment to what a source gives: its hash must be the versioned one, which L1 has. That the
 * polynomial has the value at z that L1 was shown would not do: z is known by now, and many polynomials have that value there.
 */
export class BlobFinder {
  readonly #sources: readonly BlobSource[];
  readonly #options: FindOptions;

  /** @param sources in the order in which they are asked */
  constructor(sources: readonly BlobSource[], options: FindOptions = {}) {
    this.#sources = sources;
    this.#options = options;
  }

  /**
   * The beacon node first, for it has new blobs before any archive. Throws `FIELD_INVALID` for what is not a URL.
   */
  static at({ beacon, archive = [] }: BlobPlaces, options?: FindOptions): BlobFinder {
    const beacons = beacon === undefined ? [] : [beaconSource(beacon)];
    return new BlobFinder([...beacons, ...archive.map(archiveSource)], options);
  }

  /** Asks another source before all of its own. */
  after(source: BlobSource): BlobFinder {
    return new BlobFinder([source, ...this.#sources], this.#options);
  }

  /**
   * The coefficients of a blob's polynomial, without zeros at the end.
   *
   * @throws SheafError BLOB_UNAVAILABLE, which says of each source why not
   */
  async find(wanted: WantedBlob): Promise<readonly bigint[]> {
    const { attempts = 3, pause = 500, clock = SYSTEM_CLOCK } = this.#options;
    const patience = (error: unknown): 0 | undefined => (error instanceof NotFound ? 0 : undefined);
    try {
      return await withRetries(() => this.#ask(wanted), patience, { attempts, pause, clock });
    } catch (error) {
      if (!(error instanceof NotFound)) throw error;
      throw new SheafError("BLOB_UNAVAILABLE", `${this.#named(wanted)} is not to be had: ${error.message}`);
    }
  }

  /** Why no source has a blob, as they answer now; `undefined` if one has it. */
  async lack(wanted: WantedBlob): Promise<string | undefined> {
    try {
      await this.#ask(wanted);
      return undefined;
    } catch (error) {
      if (error instanceof NotFound) return error.message;
      throw error;
    }
  }

  async #ask(wanted: WantedBlob): Promise<readonly bigint[]> {
    const reasons: string[] = [];
    for (const source of this.#sources) {
      try {
        for (const coefficients of await this.#candidates(source, wanted)) {
          if ((await hashOf(coefficients)) === wanted.versionedHash) return withoutZeros(coefficients);
          reasons.push(`${source.name}: it gives another blob, which is not believed`);
        }
      } catch (error) {
        reasons.push(`${source.name}: ${errorText(error)}`);
        continue;
      }
      if (!reasons.at(-1)?.startsWith(source.name)) reasons.push(`${source.name}: it does not have it`);
    }
    throw new NotFound(reasons.length === 0 ? "nobody was named who may have it" : reasons.join("; "));
  }

  #candidates(source: BlobSource, wanted: WantedBlob): Promise<readonly (readonly bigint[])[]> {
    const { patience = 20_000, clock = SYSTEM_CLOCK } = this.#options;
    const late = (): Error => new Error(`it has not answered in ${patience / 1000} s`);
    return within(patience, (signal) => source.candidates(wanted, signal), late, clock);
  }

  #named({ versionedHash, block }: WantedBlob): string {
    const { clock = SYSTEM_CLOCK } = this.#options;
    const days = Math.max(0, clock.now() / 1000 - block.timestamp) / DAY;
    const forgotten = days > BLOB_DAYS ? ", so that L1's nodes have forgotten it" : "";
    return `blob ${versionedHash} of block ${block.number}, ${days.toFixed(1)} days old${forgotten},`;
  }
}

/** No source has it, for reasons that may pass. */
class NotFound extends Error {}

const hashOf = async (coefficients: readonly bigint[]): Promise<string> =>
  versionedHashOf(await commitmentOf(blobOf(coefficients)));
