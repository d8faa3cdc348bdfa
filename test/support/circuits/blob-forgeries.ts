import { groupSize } from "../../../protocol/blob.ts";
import { BLOB_ORDER, FIELD_ORDER } from "../../../protocol/constants.ts";
import { Fr } from "../../../protocol/field.ts";
import { seeded } from "../random.ts";
import {
  borrowOf,
  inverseOfOrder,
  joined,
  LEFT,
  MODULUS,
  PIECES,
  reductions,
  RIGHT,
  split,
  type Lie,
  type Reduction,
} from "./blob-reductions.ts";
import type { Forgery, Scene } from "./isolating.ts";

/** How a polynomial's evaluation is named in a circuit. */
export interface Naming {
  /** Of the component's signals: "" if it is the main one. */
  readonly prefix: string;
  readonly quotient: string;
  readonly remainder: string;
  readonly words: number;
}

/**
 * What a prover may say of a blob's polynomial: for each constraint something that meets all others. docs/circuits/blob.md has
 * the reasons. Some of it needs a value of a certain size, so that each is tried at several points.
 */
export function* otherEvaluations(scene: Scene, naming: Naming): Generator<Forgery> {
  const random = seeded("blob-forgeries");
  const { circuit, prover } = scene;
  const wire = (name: string): number => circuit.wire(naming.prefix + name);
  const words = Array.from({ length: naming.words }, (_, k) =>
    joined(
      [0, 1, 2, 3].map((i) => prover.get(wire(`word[${k}][${i}]`))),
      LEFT,
    ),
  );
  const size = groupSize(naming.words);
  const told = (lie: Lie): Reduction[] => reductions(words, size, lie);

  /** The wires of z's pieces, the limbs, what is added to the products, and the borrow. */
  const numbers = (all: readonly Reduction[], z: bigint): Map<number, bigint> => {
    const last = all.length - 1;
    const name = (step: number): string =>
      step === last && circuit.has("value[0]") ? "value" : `${naming.remainder}[${step}]`;
    const limbs = all.flatMap(({ quotient, remainder, cuts }, step) => [
      ...split(quotient, LEFT).map((limb, i) => [circuit.wire(`${naming.quotient}[${step}][${i}]`), limb] as const),
      ...split(remainder, cuts).map((limb, i) => [circuit.wire(`${name(step)}[${i}]`), limb] as const),
    ]);
    const rests = all.flatMap(({ remainder, cuts, component, added, products }) => {
      const half = BigInt(cuts === RIGHT ? RIGHT[1] : LEFT[1]);
      const [low, high] = [BigInt.asUintN(Number(half), remainder), remainder >> half];
      return [
        ...products.flatMap((product, k) => {
          const name = `${component}.product[${k}].whole`;
          return circuit.has(naming.prefix + name) ? [[wire(name), product] as const] : [];
        }),
        [wire(`${component}.restLow`), (added % 2n ** 124n) - low],
        [wire(`${component}.restHigh`), (added >> 124n) - high * 2n ** (half - 124n)],
      ] as const;
    });
    const pieces = PIECES.map((at, i) => {
      const next = PIECES[i + 1];
      return [
        wire(`piece[${i}]`),
        next === undefined ? z >> BigInt(at) : BigInt.asUintN(next - at, z >> BigInt(at)),
      ] as const;
    });
    const [point, comparison] = [
      [circuit.wire("z"), z],
      [wire("borrow"), borrowOf(all[last]!.remainder)],
    ] as const;
    return new Map([point, ...pieces, ...limbs, ...rests, comparison].map(([at, value]) => [at, Fr.create(value)]));
  };
  const named = (name: string, changes: Map<number, bigint>, also: Readonly<Record<string, bigint>> = {}): Forgery => {
    const more = Object.entries(also).map(([signal, value]) => [wire(signal), Fr.create(value)] as const);
    return { name: `${naming.prefix}${name}`, changes: new Map([...changes, ...more]) };
  };

  const some = Array.from({ length: 400 }, () => random.below(2n ** 250n));
  /** Where the order may be added to the value, and a borrow is needed or not: if the value depends on z, there are some. */
  const small = [0n, 1n].map((borrow) =>
    some.findLast((z) => {
      const value = told({ z }).at(-1)!.remainder;
      return value + BLOB_ORDER < 2n ** 255n && borrowOf(value) === borrow;
    }),
  );
  const points = [1n, 5n, 2n ** 249n + 1n, ...small.filter((z) => z !== undefined), ...some.slice(0, 22)];
  for (const z of points) {
    const honest = told({ z });
    const base = numbers(honest, z);
    // All wires at this point, to have what the honest prover says of those that are computed.
    const witness = prover.after(base);
    const get = (name: string): bigint => witness[wire(name)]!;
    const more = (name: string, by: bigint): Record<string, bigint> => ({ [name]: get(name) + by });

    for (const [step, { component, cuts, quotient, remainder }] of honest.entries()) {
      const at = (name: string): string => `${component}.${name}`;
      const lied = (lie: Lie, also: Readonly<Record<string, bigint>> = {}): Forgery =>
        named(
          `${component} at ${z}: ${Object.entries({ ...lie, ...also })
            .map(([what, value]) => `${what} ${value}`)
            .join(", ")}`,
          numbers(told({ z, step, ...lie }), z),
          also,
        );
      const spoken = (also: Readonly<Record<string, bigint>>): Forgery => lied({}, also);

      // Other sums: not equal modulo r, or modulo the other factor, in its lower and its upper part.
      yield lied({ sum: MODULUS });
      yield lied({ sum: FIELD_ORDER });
      yield lied({ sum: 2n ** 124n * FIELD_ORDER });
      yield lied({ sum: FIELD_ORDER }, more(at("lowCarry.in"), 0n));
      yield lied({ sum: 2n ** 124n * FIELD_ORDER }, more(at("highCarry.in"), 0n));
      for (const sign of [1n, -1n]) yield lied({ sum: sign * MODULUS * FIELD_ORDER });
      // A sum that is a small number too large modulo 2^260: the carry is of a sum that is right.
      for (let small = 1n; small < 2n ** 16n; small++) {
        const factor = BigInt.asUintN(260, small * inverseOfOrder);
        if (factor < (cuts === RIGHT ? 2n ** 251n : 2n ** 255n)) {
          const sum = factor * FIELD_ORDER;
          const carry = wire(at("carry"));
          const wrong = prover.after(numbers(told({ z, step, sum }), z))[carry]!;
          yield lied({ sum }, { [at("carry")]: wrong + Fr.div(small, 2n ** 124n) });
          yield lied({ sum }, { [at("carry")]: wrong - Fr.div(small, 2n ** 124n) });
          break;
        }
      }
      // Other products.
      for (let k = 0; circuit.has(naming.prefix + at(`product[${k}].low`)); k++) {
        const product = (name: string): string => at(`product[${k}].${name}`);
        const sum = 2n ** 136n * (2n ** 124n - 1n);
        yield lied({ sum }, more(product("whole"), sum));
        yield spoken(more(product("low"), 2n ** 136n));
        yield spoken(more(product("both"), 2n ** 12n * (2n ** 124n - 1n)));
        for (const i of [0, 1, 2]) yield spoken(more(product(`over[${i}]`), 1n));
      }
      // Another remainder than the equation's.
      for (const by of [1n, -1n]) {
        yield lied({ remainder: by }, more(at("restLow"), 0n));
        yield lied({ remainder: by * 2n ** BigInt(cuts[1]) }, more(at("restHigh"), 0n));
      }
      // Limbs out of their ranges: of the same number, or of one that is congruent.
      for (const [name, number, places] of [
        [`${naming.quotient}[${step}]`, quotient, LEFT],
        [
          step === honest.length - 1 && circuit.has("value[0]") ? "value" : `${naming.remainder}[${step}]`,
          remainder,
          cuts,
        ],
      ] as const) {
        const limbs = split(number, places);
        for (const i of [0, 1, 2]) {
          const width = BigInt(places[i]! - (places[i - 1] ?? 0));
          for (const sign of [1n, -1n]) {
            const changes = new Map(base);
            changes.set(circuit.wire(`${name}[${i}]`), Fr.create(limbs[i]! + sign * 2n ** width));
            changes.set(circuit.wire(`${name}[${i + 1}]`), Fr.create(limbs[i + 1]! - sign));
            for (const rest of ["restLow", "restHigh"]) changes.delete(wire(at(rest)));
            yield named(`${name}[${i}] at ${z} by ${sign}`, changes);
          }
        }
      }
      for (const by of [1n, -1n]) {
        // Below 2^255, only the last step's may not be another number that is congruent.
        const fits = remainder + by * BLOB_ORDER >= 0n && remainder + by * BLOB_ORDER < 2n ** 255n;
        const isFree = fits && quotient >= by && step + 1 < honest.length;
        if (!isFree) yield lied({ quotient: -by, remainder: by * BLOB_ORDER });
      }
    }

    // z in other pieces, or of another number.
    for (let i = 0; i < 6; i++) {
      for (const sign of [1n, -1n]) {
        const unit = sign * 2n ** BigInt(PIECES[i + 1]! - PIECES[i]!);
        yield named(`piece ${i} at ${z} by ${sign}`, base, {
          ...more(`piece[${i}]`, unit),
          ...more(`piece[${i + 1}]`, -sign),
        });
      }
    }
    yield named(`z and r more at ${z}`, numbers(told({ z: z + FIELD_ORDER }), z + FIELD_ORDER));
    yield named(`${z} for z`, numbers(told({ z: z + 1n }), z + 1n).set(circuit.wire("z"), z));
    for (const j of [0, 1, 2]) {
      const left = z + (j === 0 ? 1n : 2n ** BigInt(LEFT[j - 1]!));
      const right = z + (j === 0 ? 1n : 2n ** BigInt(RIGHT[j - 1]!));
      if (circuit.has(`${naming.prefix}left[${j}]`))
        yield named(`left ${j} at ${z}`, numbers(told({ z, left }), z), more(`left[${j}]`, 1n));
      if (circuit.has(`${naming.prefix}power[1][${j}]`))
        yield named(`right ${j} at ${z}`, numbers(told({ z, right }), z), more(`power[1][${j}]`, 1n));
    }
    const left = z + 2n ** 184n;
    yield named(`left 3 at ${z}`, numbers(told({ z, left }), z), more("left[3]", 1n));

    // A value that is not below the order, or is compared otherwise.
    const step = honest.length - 1;
    const large = numbers(told({ z, step, quotient: -1n, remainder: BLOB_ORDER }), z);
    yield named(`more than the order at ${z}`, large);
    yield named(`borrowed at ${z}`, base, { borrow: 1n - get("borrow") });
    for (const name of ["lowDifference.in", "highDifference.in"]) {
      yield named(`${name} at ${z}`, large, more(name, 0n));
      yield named(`${name} and a borrow at ${z}`, base, { borrow: 1n - get("borrow"), ...more(name, 0n) });
    }
    for (const times of [-1n, 1n]) {
      for (const up of [0n, 1n]) {
        const borrow = (times * FIELD_ORDER) / 2n ** 184n + times * up;
        yield named(`a borrow of ${borrow} at ${z}`, large, { borrow });
        yield named(`a borrow of ${borrow} at ${z}, for the value`, base, { borrow });
      }
    }
  }
}
