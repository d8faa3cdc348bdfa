import { createHash } from "node:crypto";

/** What a seed decides: a stream of numbers that is the same wherever the seed is the same. */
export class Chance {
  readonly #seed: string;
  readonly #words: Uint32Array;

  constructor(seed: string) {
    this.#seed = seed;
    const digest = createHash("sha256").update(seed).digest();
    this.#words = Uint32Array.from([0, 4, 8, 12].map((offset) => digest.readUInt32LE(offset)));
  }

  /** A stream that does not depend on how far others have been read: so one fault less changes nothing else. */
  stream(name: string): Chance {
    return new Chance(`${this.#seed}/${name}`);
  }

  /** From 0 to 1, without 1 (xoshiro128**, by Blackman and Vigna). */
  next(): number {
    const s = this.#words;
    const result = Math.imul(rotated(Math.imul(s[1]!, 5), 7), 9);
    const t = s[1]! << 9;
    s[2]! ^= s[0]!;
    s[3]! ^= s[1]!;
    s[1]! ^= s[2]!;
    s[0]! ^= s[3]!;
    s[2]! ^= t;
    s[3] = rotated(s[3]!, 11);
    return (result >>> 0) / 2 ** 32;
  }

  below(bound: number): number {
    return Math.floor(this.next() * bound);
  }

  /** Both ends included. */
  between(least: number, most: number): number {
    return least + this.below(most - least + 1);
  }

  happens(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }
}

const rotated = (word: number, bits: number): number => (word << bits) | (word >>> (32 - bits));
