import { Fr } from "../../../protocol/field.ts";
import { evaluationOf } from "./blob-reductions.ts";
import type { TestCircuit } from "./circuit.ts";
import { ladderScalar } from "./eddsa.ts";

/** Values that the prover gives and no constraint computes: what he answers when what they are of has changed. */
export interface Hint {
  /** What has to be known first. */
  readonly of: readonly number[];
  readonly wires: readonly number[];
  readonly answer: (witness: readonly bigint[]) => readonly bigint[];
}

export interface BitHint extends Hint {
  readonly sum: number;
}

export const isInverse = (name: string): boolean => /(^|\.)inverse$/.test(name);

/** The hints of a circuit, found by the names that its templates give them. */
export function hintsOf(
  circuit: TestCircuit,
  wires: readonly (readonly number[])[],
  witness: readonly bigint[],
): Hint[] {
  const names = Array.from({ length: circuit.counts.wires }, (_, wire) => circuit.nameOf(wire));
  const groups = new Map<string, number[]>();
  names.forEach((name, wire) => {
    const array = /^(.*\.)?(bit|bits|out|indexBits|kindBits|sibling|q|[xw]|high|piece)(?=\[\d+\]$)/.exec(name)?.[0];
    if (array !== undefined) groups.set(array, [...(groups.get(array) ?? []), wire]);
  });
  const readers = Array.from({ length: circuit.counts.wires }, (): number[] => []);
  wires.forEach((some, constraint) => some.forEach((wire) => readers[wire]!.push(constraint)));
  const kept = (some: readonly number[]): Hint => ({
    of: [],
    wires: some,
    answer: () => some.map((wire) => witness[wire]!),
  });

  const hints: Hint[] = [];
  for (const [array, members] of groups) {
    const kind = /\w+$/.exec(array)![0];
    if (/^(bit|bits|out|indexBits|kindBits)$/.test(kind)) {
      const hint = bitsOf(circuit, wires, readers, members);
      if (hint !== undefined) hints.push(hint);
    } else if (kind === "sibling") {
      hints.push(siblingsOf(circuit, readers, members, array.replace(/sibling$/, ""), witness));
    } else if (kind === "q") {
      hints.push(digitsOf(circuit, wires, readers, members, array.replace(/q$/, "")));
    } else {
      const y = kind === "w" ? members.map((_, i) => circuit.wire(`${array.replace(/w$/, "y")}[${i}]`)) : [];
      hints.push(kept([...members, ...y]));
    }
  }
  if (circuit.has("blobQuotient[0][0]")) hints.push(evaluationHint(circuit));
  names.forEach((name, wire) => {
    if (name === "borrow") hints.push(kept([wire]));
    if (!isInverse(name)) return;
    const [a, b] = circuit.constraints[readers[wire]![0]!]!;
    const of = a.some(([other]) => other === wire) ? b : a;
    const value = (now: readonly bigint[]): bigint => {
      const number = circuit.evaluate(of, now);
      return Fr.is0(Fr.create(number)) ? now[wire]! : Fr.inv(Fr.create(number));
    };
    hints.push({
      of: of.map(([other]) => other).filter((other) => other !== 0),
      wires: [wire],
      answer: (now) => [value(now)],
    });
  });
  return hints;
}

/** What a batch's prover gives for the blob's polynomial: its words are the transfers'. */
function evaluationHint(circuit: TestCircuit): Hint {
  const words: number[][] = [];
  for (let k = 0; circuit.has(`polynomial.word[${k}][0]`); k++) {
    words.push([0, 1, 2, 3].map((i) => circuit.wire(`polynomial.word[${k}][${i}]`)));
  }
  const z = circuit.wire("z");
  return {
    of: [z, ...words.flat()],
    wires: ["blobQuotient", "blobRemainder", "polynomial.borrow"].flatMap((name) => circuit.wiresOf(name)),
    answer: (witness) =>
      evaluationOf(
        words.map((limbs) => limbs.map((limb) => witness[limb]!)),
        witness[z]!,
      ),
  };
}

/** Bits, by the constraint that has all of them: a range check's, or a sum that is the number. */
function bitsOf(
  circuit: TestCircuit,
  wires: readonly (readonly number[])[],
  readers: readonly (readonly number[])[],
  members: readonly number[],
): BitHint | undefined {
  const places = members.toSorted((a, b) => placeOf(circuit, a) - placeOf(circuit, b));
  const sum = readers[places[0]!]!.find((constraint) => {
    const parts = circuit.constraints[constraint]!;
    return parts.some((part) => {
      const at = new Map(part);
      const unit = at.get(places[0]!);
      return (
        unit !== undefined &&
        places.every((wire, i) => at.get(wire) === Fr.mul(unit, 2n ** BigInt(i))) &&
        (places.length > 1 || part.length > 1)
      );
    });
  });
  if (sum === undefined) return undefined;
  const part = circuit.constraints[sum]!.find((some) => some.some(([wire]) => wire === places[0]))!;
  const isBit = new Set(places);
  const others = part.filter(([wire]) => !isBit.has(wire));
  const unit = new Map(part).get(places[0]!)!;
  // A factor of a range check may be top - 1 as well as top.
  const [a, b] = circuit.constraints[sum]!;
  const isOther = a.length > 0 && others.some(([wire]) => wire === 0) && !b.some(([wire]) => wire === 0) ? b : part;
  const rest = isOther.filter(([wire]) => !isBit.has(wire));
  const scale = new Map(isOther).get(places[0]!) ?? unit;
  const of = [...new Set(wires[sum]!.filter((wire) => !isBit.has(wire)))];
  return {
    of,
    wires: places,
    sum,
    answer: (witness) => {
      const number = Fr.neg(Fr.div(circuit.evaluate(rest, witness), scale));
      return places.map((_, i) => (number >> BigInt(i)) & 1n);
    },
  };
}

const placeOf = (circuit: TestCircuit, wire: number): number => Number(/\[(\d+)\]$/.exec(circuit.nameOf(wire))![1]);

/** Siblings on a path, of which one makes the old node the one that is in its place. */
function siblingsOf(
  circuit: TestCircuit,
  readers: readonly (readonly number[])[],
  members: readonly number[],
  level: string,
  honest: readonly bigint[],
): Hint {
  const isSibling = new Set(members);
  const [old, now] = [0, 1]
    .map((version) => `${level}power[${version}]`)
    .map((name) => (circuit.has(name) ? circuit.wire(name) : undefined));
  // change = at · (new node - sibling), whatever multiple of both sides the compiler made of it.
  const places = members.map((wire) => {
    const product = readers[wire]!.find((constraint) => {
      const c = circuit.constraints[constraint]![2];
      return c.length === 1 && circuit.nameOf(c[0]![0]).startsWith(`${level}change[`);
    })!;
    const [a, b, c] = circuit.constraints[product]!;
    const [at, difference] = a.some(([other]) => isSibling.has(other)) ? [b, a] : [a, b];
    const [, sign] = difference.find(([other]) => other === wire)!;
    return { at, scale: Fr.div(Fr.neg(sign), c[0]![1]) };
  });
  const indicatorsOf = (witness: readonly bigint[]): bigint[] =>
    places.map(({ at, scale }) => Fr.mul(circuit.evaluate(at, witness), scale));
  const of = new Set([old!, now ?? old!, ...places.flatMap(({ at }) => at.map(([wire]) => wire))]);
  of.delete(0);
  return {
    of: [...of],
    wires: members,
    answer: (witness) => {
      const indicators = indicatorsOf(witness);
      const place = indicators.findIndex((value) => value !== 0n);
      const [before, after] = [witness[old!]!, witness[now ?? old!]!];
      // The changes have to add up to after - before.
      const others = members
        .map((wire, i) => (i === place ? 0n : Fr.mul(indicators[i]!, Fr.sub(after, honest[wire]!))))
        .reduce((a, b) => Fr.add(a, b));
      const change = Fr.sub(Fr.sub(after, before), others);
      return members.map((wire, i) => (i === place ? Fr.sub(after, Fr.div(change, indicators[i]!)) : honest[wire]!));
    },
  };
}

/** The signs of a scalar's digits in VariableBaseMultiply, each times P's y, and its lowest bit. */
function digitsOf(
  circuit: TestCircuit,
  wires: readonly (readonly number[])[],
  readers: readonly (readonly number[])[],
  members: readonly number[],
  prefix: string,
): Hint {
  const places = members.toSorted((a, b) => placeOf(circuit, a) - placeOf(circuit, b));
  const [e, y] = [circuit.wire(`${prefix}e`), circuit.wire(`${prefix}P[1]`)];
  const isDigit = new Set(places);
  const sum = readers[places[0]!]!.find((constraint) => places.every((wire) => wires[constraint]!.includes(wire)))!;
  const h = wires[sum]!.find((wire) => wire !== e && wire !== y && !isDigit.has(wire))!;
  return {
    of: [h, y],
    wires: [...places, e],
    answer: (witness) => {
      const [low, scalar] = [witness[h]! & 1n, ladderScalar(witness[h]!, witness[h]! & 1n)];
      const bits = (scalar - 2n ** 254n - 1n) / 2n;
      const now = witness[y]!;
      return [...places.map((_, i) => (((bits >> BigInt(i)) & 1n) === 1n ? now : Fr.neg(now))), low];
    },
  };
}
