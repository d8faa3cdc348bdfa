import { SUBGROUP_ORDER } from "../../../protocol/constants.ts";
import { Fr } from "../../../protocol/field.ts";
import type { CheatingProver } from "./cheating-prover.ts";
import type { TestCircuit } from "./circuit.ts";

/** Values that a cheating prover gives to some wires, by which he is found out. */
export interface Forgery {
  readonly name: string;
  readonly changes: ReadonlyMap<number, bigint>;
}

/** A circuit, and a prover who has a valid witness of it. */
export interface Scene {
  readonly circuit: TestCircuit;
  readonly prover: CheatingProver;
}

export const forgery = ({ circuit }: Scene, name: string, changes: Readonly<Record<string, bigint>>): Forgery => ({
  name,
  changes: new Map(Object.entries(changes).map(([signal, value]) => [circuit.wire(signal), Fr.create(value)])),
});

/** Each wire that a constraint computes has another value. */
export function* otherValues({ circuit, prover }: Scene, wires: Iterable<number>): Generator<Forgery> {
  for (const wire of wires) {
    const honest = prover.get(wire);
    for (const value of [Fr.add(honest, 1n), 1n, 0n, Fr.sub(honest, 1n)]) {
      if (value !== honest) yield { name: `${circuit.nameOf(wire)} = ${value}`, changes: new Map([[wire, value]]) };
    }
  }
}

/** A number's bits are others: a bit that is none makes up for its neighbour; and one is another and nothing makes up. */
export function* otherBits({ circuit, prover }: Scene): Generator<Forgery> {
  for (const { wires } of prover.numbers) {
    const bits = wires.map((wire) => prover.get(wire));
    for (const [i, wire] of wires.entries()) {
      const name = circuit.nameOf(wire);
      const flipped = Fr.sub(1n, bits[i]!);
      yield { name: `${name} = ${flipped}`, changes: new Map([[wire, flipped]]) };
      for (const j of [i + 1, i - 1]) {
        const neighbour = wires[j];
        if (neighbour === undefined) continue;
        const missing = Fr.create(2n * bits[j]! - 1n);
        const value = Fr.add(bits[i]!, j > i ? Fr.create(2n * missing) : Fr.div(missing, 2n));
        const changes = new Map([
          [wire, value],
          [neighbour, Fr.sub(1n, bits[j]!)],
        ]);
        yield { name: `${name} is no bit, for ${circuit.nameOf(neighbour)}`, changes };
      }
    }
  }
}

/** An inverse is none. */
export function* otherInverses({ circuit, prover }: Scene): Generator<Forgery> {
  for (const wire of prover.inverses) {
    if (prover.get(wire) === 0n) continue;
    for (const value of [0n, Fr.add(prover.get(wire), 1n)]) {
      yield { name: `${circuit.nameOf(wire)} = ${value}`, changes: new Map([[wire, value]]) };
    }
  }
}

/** A path's siblings are others, and so are the changes that they add up to. */
export function* otherPaths(scene: Scene): Generator<Forgery> {
  const { circuit, prover } = scene;
  const get = (name: string): bigint => prover.get(circuit.wire(name));
  for (const level of prefixes(circuit, /sibling\[0\]$/)) {
    const places = [0, 1, 2, 3, 4, 5, 6, 7];
    const place = places.find((j) => get(`${level}sibling[${j}]`) === get(`${level}power[0]`))!;
    const own = `${level}sibling[${place}]`;
    yield forgery(scene, `${own} is another`, { [own]: get(own) + 1n });
    for (const j of places) {
      const change = `${level}change[${j}]`;
      const changes =
        j === place
          ? { [own]: get(own) + 1n, [change]: get(change) }
          : { [own]: get(own) + 7n, [change]: get(change) + 7n };
      yield forgery(scene, `${change} for ${own}`, changes);
    }
  }
}

/** Digits and points of a signature that nobody asks for are others. */
export function* otherSignatures(scene: Scene): Generator<Forgery> {
  const { circuit, prover } = scene;
  const get = (name: string): bigint => prover.get(circuit.wire(name));
  for (const prefix of prefixes(
    circuit,
    /EdDSAPoseidonVerify_\d+_\d+\.variable\.q\[0\]$|signature\.variable\.q\[0\]$/,
  )) {
    const row = /^(transfer|withdrawal)\[(\d+)\]\./.exec(prefix)!;
    if (get(`${row[1]}[${row[2]}].active`) !== 0n) continue;
    const named = (name: string, changes: Readonly<Record<string, bigint>>): Forgery =>
      forgery(scene, `${prefix}${name}`, changes);
    const variable = prefix;
    const fixed = prefix.replace(/variable\.$/, "fixed.");
    const q = Array.from({ length: 253 }, (_, i) => get(`${variable}q[${i}]`));
    for (const [i, digit] of q.entries()) {
      const j = i === 252 ? 251 : i + 1;
      const missing = Fr.create(2n * q[j]!);
      const value = Fr.add(digit, j > i ? Fr.create(2n * missing) : Fr.div(missing, 2n));
      yield named(`q[${i}] is no digit`, { [`${variable}q[${i}]`]: value, [`${variable}q[${j}]`]: Fr.neg(q[j]!) });
    }
    const flipped = { [`${variable}q[0]`]: Fr.neg(q[0]!) };
    yield named("q[0] is the other digit", flipped);
    // The other digits' sum is by 2 more or less: the prover makes it fit by e, or by another P.y.
    const y = get(`${variable}P[1]`);
    const sum = q.reduce((total, digit, i) => total + (digit === y ? 1n : -1n) * 2n ** BigInt(i), 0n);
    const other = q[0] === y ? sum - 2n : sum + 2n;
    const e = Fr.add(get(`${variable}e`), Fr.div(Fr.create(other - sum), SUBGROUP_ORDER));
    yield named("e is no bit", { ...flipped, [`${variable}e`]: e });
    const root = Fr.div(Fr.mul(y, Fr.create(sum)), Fr.create(other));
    const digits = q.map((digit, i) => [`${variable}q[${i}]`, (digit === y) === i > 0 ? root : Fr.neg(root)] as const);
    yield named("squareY is another square", {
      ...Object.fromEntries(digits),
      [`${variable}squareY`]: Fr.mul(root, root),
    });
    for (const [coordinate, square] of [
      ["Ax", "xx"],
      ["Ay", "yy"],
    ] as const) {
      const name = `${row[1]}${coordinate}[${row[2]}]`;
      const on = nameLike(circuit, variable, new RegExp(`^EdwardsOnCurve\\w*\\.${square}$`));
      yield named(`${name} off the curve`, { [name]: get(name) + 1n });
      yield named(`${name} with the old square`, { [name]: get(name) + 1n, [on]: get(on) });
    }
    for (let i = 0; i < 83; i++) {
      const [x, w, digit] = ["x", "w", "y"].map((name) => `${fixed}${name}[${i}]`) as [string, string, string];
      yield named(`${digit} is another`, { [digit]: get(digit) + 1n });
      // On one line of each pair, but not on one of the other.
      for (const [at, line] of linesOf(circuit, circuit.wire(w), circuit.wire(x)).entries()) {
        const moved = Fr.add(get(x), 1n);
        const value = line(moved);
        const sign = get(digit) === get(w) ? value : Fr.neg(value);
        yield named(`${w} on line ${at}`, { [x]: moved, [w]: value, [digit]: sign });
      }
    }
    const [high0, high1] = [`${fixed}high[0]`, `${fixed}high[1]`];
    yield named("high[0] is another", { [high0]: get(high0) + 1n });
    for (const line of linesOf(circuit, circuit.wire(high0), circuit.wire(high1))) {
      yield named("high[1] is another", { [high1]: get(high1) + 1n, [high0]: line(Fr.add(get(high1), 1n)) });
    }
  }
}

export const prefixes = (circuit: TestCircuit, pattern: RegExp): string[] =>
  Array.from({ length: circuit.counts.wires }, (_, wire) => circuit.nameOf(wire))
    .filter((name) => pattern.test(name))
    .map((name) => name.replace(/\w+\[0\]$/, ""));

const nameLike = (circuit: TestCircuit, prefix: string, rest: RegExp): string =>
  Array.from({ length: circuit.counts.wires }, (_, wire) => circuit.nameOf(wire)).find(
    (name) => name.startsWith(prefix) && rest.test(name.slice(prefix.length)),
  )!;

/** Whether a constraint has both wires. */
export const meet = (circuit: TestCircuit, a: number, b: number): boolean =>
  circuit.constraints.some((parts) =>
    [a, b].every((wire) => parts.some((part) => part.some(([other]) => other === wire))),
  );

/** Where two coordinates have to be on one line of a pair: the first one by the second, on a line of each pair. */
function linesOf(circuit: TestCircuit, first: number, second: number): ((value: bigint) => bigint)[] {
  const pairs = circuit.constraints.filter(([a, b, c]) => {
    return (
      c.length === 0 && [a, b].every((part) => [first, second].every((wire) => part.some(([other]) => other === wire)))
    );
  });
  return pairs.map(([line]) => {
    const of = (wire: number): bigint => line.find(([other]) => other === wire)?.[1] ?? 0n;
    return (value) => Fr.neg(Fr.div(Fr.create(of(0) + of(second) * value), of(first)));
  });
}
