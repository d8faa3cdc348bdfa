import { FLOATS } from "./constants.ts";
import { SheafError } from "./errors.ts";
import { Packing } from "./packing.ts";

/** A decimal float: `value = mantissa * 10^exponent`. */
export interface DecimalFloat {
  readonly mantissa: bigint;
  readonly exponent: bigint;
}

/** Codec between exact base units and one of the protocol's float formats (`FLOATS`). */
export class FloatFormat {
  readonly name: string;
  readonly #packing: Packing<"exponent" | "mantissa">;
  readonly #maxMantissa: bigint;
  readonly #maxExponent: bigint;

  constructor(name: string, bits: { mantissa: number; exponent: number }) {
    this.name = name;
    this.#packing = new Packing({ exponent: bits.exponent, mantissa: bits.mantissa });
    this.#maxMantissa = (1n << BigInt(bits.mantissa)) - 1n;
    this.#maxExponent = (1n << BigInt(bits.exponent)) - 1n;
  }

  /** The parts with the smallest exponent. Throws `AMOUNT_NOT_REPRESENTABLE`, naming the nearest values that are. */
  parts(value: bigint): DecimalFloat {
    const [below, above] = this.neighbours(value);
    if (below.value !== value) {
      const nearest = above === undefined ? `${below.value}` : `${below.value} and ${above.value}`;
      throw new SheafError(
        "AMOUNT_NOT_REPRESENTABLE",
        `${this.name} ${value} has more digits than a ${this.name} can carry; the nearest are ${nearest}`,
      );
    }
    return below.parts;
  }

  encode(value: bigint): bigint {
    return this.#packing.pack({ ...this.parts(value) });
  }

  decode(code: bigint): bigint {
    const { mantissa, exponent } = this.#packing.unpack(code);
    return mantissa * 10n ** exponent;
  }

  /** The largest representable value that is not above, and the smallest that is above, if any. */
  neighbours(value: bigint): [{ value: bigint; parts: DecimalFloat }, { value: bigint } | undefined] {
    if (value < 0n) throw new SheafError("FIELD_OUT_OF_RANGE", `${this.name} is ${value}; it must not be negative`);
    let exponent = 0n;
    while (value / 10n ** exponent > this.#maxMantissa && exponent < this.#maxExponent) exponent++;
    const wanted = value / 10n ** exponent;
    const mantissa = wanted > this.#maxMantissa ? this.#maxMantissa : wanted;
    const below = this.#float(mantissa, exponent);
    const above = this.#next(mantissa, exponent);
    if (exponent === 0n) return [below, above];
    // The largest value of the exponent before has more digits and may lie between.
    const finer = this.#float(this.#maxMantissa, exponent - 1n);
    return [finer.value > below.value ? finer : below, above];
  }

  #next(mantissa: bigint, exponent: bigint): { value: bigint } | undefined {
    if (mantissa < this.#maxMantissa) return this.#float(mantissa + 1n, exponent);
    return exponent < this.#maxExponent ? this.#float(mantissa / 10n + 1n, exponent + 1n) : undefined;
  }

  #float(mantissa: bigint, exponent: bigint): { value: bigint; parts: DecimalFloat } {
    return { value: mantissa * 10n ** exponent, parts: { mantissa, exponent } };
  }
}

export const amountFloat = new FloatFormat("amount", FLOATS.amount);
export const feeFloat = new FloatFormat("fee", FLOATS.fee);
