import { FIELD_ORDER, TREE_ARITY } from "../../../protocol/constants.ts";
import { Assembler } from "./assembler.ts";
import type { Matrix, Vector } from "./matrices.ts";
import { roundsOf, type Rounds } from "./rounds.ts";

/** What a leaf of the state tree is the hash of. */
const LEAF_ELEMENTS = 4;
const WORD = 32;

/** As many times the field's order as are below 2^256: a sum of so many elements needs no reduction. */
const ROOM = Number(2n ** 256n / FIELD_ORDER);
/** What a lane in memory is below, so many times the order: a constant can be added to it. */
const MOST_STORED = ROOM - 1;

/** How many times the order each lane is below, lowest lane first. */
type Bounds = readonly number[];
const boundOfSum = (a: number, b: number): number => (a + b <= ROOM ? a + b : 1);

const labelOf = (inputs: number): string => `hash of ${inputs}`;

/**
 * The code of a contract that hashes what it is called with, words of 32 bytes that are field elements: 8 of them are a node
 * of the state tree, 4 are a leaf. It returns circomlib's Poseidon of them in a word, and reverts for any other number.
 */
export function hasherCode(): Buffer {
  const code = new Assembler();
  code.push(FIELD_ORDER, "order");
  code.do("CALLDATASIZE");
  code.push(0);
  // Lane 0 is 0.
  code.push(WORD);
  code.do("CALLDATACOPY");
  const counts = [LEAF_ELEMENTS, TREE_ARITY];
  for (const inputs of counts) {
    code.do("CALLDATASIZE");
    code.push(WORD * inputs);
    code.do("EQ");
    code.pushLabel(labelOf(inputs));
    code.do("JUMPI");
  }
  code.push(0);
  code.push(0);
  code.do("REVERT");
  for (const inputs of counts) new Permutation(code, inputs).write();
  return code.assemble();
}

/** The text of `l1/generated/hasher.ts`. */
export function hasherModule(): string {
  return [
    "// Generated from circomlibjs' constants of Poseidon by `npm run generate`.",
    "",
    "/** Creation code of the contract that hashes leaves and nodes of the state tree for the rollup's `exitByPath`. */",
    "export const HASHER_CREATION_CODE =",
    `  "0x${creationCode(hasherCode()).toString("hex")}";`,
    "",
  ].join("\n");
}

/** Creation code that leaves another code behind. */
export function creationCode(code: Buffer): Buffer {
  const assembler = new Assembler();
  const prefix = 10;
  assembler.push(code.length, "length");
  assembler.copy("length");
  assembler.push(prefix);
  assembler.push(0);
  assembler.do("CODECOPY");
  assembler.push(0);
  assembler.do("RETURN");
  return Buffer.concat([assembler.assemble(), code]);
}

/** Writes a permutation, from lanes in memory to the return of lane 0. */
class Permutation {
  readonly #code: Assembler;
  readonly #inputs: number;
  readonly #rounds: Rounds;
  /** Names of the lanes, lowest first; on the stack the lowest is topmost. */
  readonly #lanes: readonly string[];
  #returns = 0;

  constructor(code: Assembler, inputs: number) {
    this.#code = code;
    this.#inputs = inputs;
    this.#rounds = roundsOf(inputs);
    this.#lanes = Array.from({ length: this.#rounds.width }, (_, lane) => `lane ${lane}`);
  }

  write(): void {
    const { first, last, mix, enter, leave, partial } = this.#rounds;
    const code = this.#code;
    code.label(labelOf(this.#inputs), ["order"]);
    for (const constants of first.slice(0, -1)) this.#fullRound(constants);
    this.#sboxes(first.at(-1)!);
    this.#combineAll(enter);
    const bounds = this.#partialRounds();
    this.#combineAll(leave, bounds);
    for (const constants of last.slice(0, -1)) this.#fullRound(constants);
    this.#sboxes(last.at(-1)!);
    this.#combine(mix[0]!);
    this.#reduce();
    code.push(0);
    code.do("MSTORE");
    code.push(WORD);
    code.push(0);
    code.do("RETURN");
    this.#writeMix();
    code.table(this.#label("constants"), partial.toReversed());
  }

  /** Memory to memory. The mix is written once, and jumped to. */
  #fullRound(constants: Vector): void {
    const code = this.#code;
    const back = this.#label(`return ${this.#returns++}`);
    code.pushLabel(back, "return");
    this.#sboxes(constants);
    code.pushLabel(this.#label("mix"));
    code.do("JUMP");
    code.label(back, ["order"]);
  }

  #writeMix(): void {
    const code = this.#code;
    code.label(this.#label("mix"), ["order", "return", ...this.#lanes.toReversed()]);
    this.#combineAll(this.#rounds.mix);
    code.do("JUMP");
  }

  /** Lanes from memory, through their S-boxes, onto the stack. */
  #sboxes(constants: Vector): void {
    for (const [lane, name] of [...this.#lanes.entries()].toReversed()) {
      this.#load(lane, name);
      this.#code.push(constants[lane]!);
      this.#add(MOST_STORED, 1, name);
      this.#fifthPower(name);
    }
  }

  #load(lane: number, name: string): void {
    this.#code.push(WORD * lane);
    this.#code.do("MLOAD", name);
  }

  /** Lanes from the stack to memory, each as a combination of all. */
  #combineAll(matrix: Matrix, bounds?: Bounds): void {
    for (const [lane, coefficients] of matrix.entries()) {
      const bound = this.#combine(coefficients, bounds);
      if (bound > MOST_STORED) this.#reduce();
      this.#code.push(WORD * lane);
      this.#code.do("MSTORE");
    }
    this.#lanes.forEach(() => this.#code.do("POP"));
  }

  /** Pushes a combination of the lanes. Returns its bound. */
  #combine(coefficients: Vector, bounds: Bounds = this.#lanes.map(() => 1)): number {
    let sum = 0;
    for (const [lane, coefficient] of coefficients.entries()) {
      if (coefficient === 0n) continue;
      const bound = this.#multiple(coefficient, this.#lanes[lane]!, bounds[lane]!);
      sum = sum === 0 ? bound : this.#add(sum, bound);
    }
    return sum;
  }

  /** Pushes a word times a constant. Returns its bound. */
  #multiple(coefficient: bigint, name: string, bound = 1): number {
    const code = this.#code;
    if (coefficient === 1n) {
      code.copy(name);
      return bound;
    }
    code.copy("order");
    code.push(coefficient);
    code.copy(name);
    code.do("MULMOD");
    return 1;
  }

  /** Adds the topmost words, of these bounds, and reduces the sum if it might not fit. Returns its bound. */
  #add(a: number, b: number, name = ""): number {
    const code = this.#code;
    if (a + b <= ROOM) {
      code.do("ADD", name);
    } else {
      code.copy("order");
      code.swap(2);
      code.do("ADDMOD", name);
    }
    return boundOfSum(a, b);
  }

  #reduce(): void {
    this.#code.copy("order");
    this.#code.swap(1);
    this.#code.do("MOD");
  }

  /** The topmost word's, which has that name. */
  #fifthPower(name: string): void {
    const code = this.#code;
    code.copy("order");
    code.copy(name);
    code.copy(name);
    code.do("MULMOD", "square");
    code.copy("order");
    code.swap(1);
    code.copy("square");
    code.do("MULMOD", "fourth power");
    code.copy("order");
    code.swap(2);
    code.do("MULMOD", name);
  }

  /**
   * A loop, from lanes in memory to lanes on the stack. Returns their bounds.
   *
   * The counter is where a round's constant is in memory: they lie in it in reverse, the last one at the first word that is
   * not at 0.
   */
  #partialRounds(): Bounds {
    const { partial } = this.#rounds;
    const code = this.#code;
    const stack = ["order", ...this.#lanes.toReversed(), "counter"];
    for (const [lane, name] of [...this.#lanes.entries()].toReversed()) {
      this.#load(lane, name);
      this.#reduce();
      code.name(name);
    }
    code.push(WORD * partial.length);
    code.pushLabel(this.#label("constants"));
    code.push(WORD);
    code.do("CODECOPY");
    code.push(WORD * partial.length, "counter");
    code.expect(stack);

    code.label(this.#label("partial round"), stack);
    const bounds = this.#loopBounds();
    this.#partialRound(bounds);
    code.push(WORD);
    code.swap(1);
    code.do("SUB", "counter");
    code.copy("counter");
    code.pushLabel(this.#label("partial round"));
    code.do("JUMPI");
    code.do("POP");
    code.expect(stack.slice(0, -1));
    return bounds;
  }

  /** A new lane goes where the old one was, which comes out: the lane below is made of it next. */
  #partialRound(bounds: Bounds): void {
    const { feedback, input } = this.#rounds;
    const code = this.#code;
    const [output] = this.#lanes as [string];
    code.copy("counter");
    code.do("MLOAD");
    code.copy(output);
    this.#add(1, bounds[0]!, "x");
    this.#fifthPower("x");
    for (const [lane, name] of [...this.#lanes.entries()].toReversed()) {
      this.#multiple(input[lane]!, "x");
      if (lane < this.#lanes.length - 1) {
        const bound = this.#add(bounds[lane + 1]!, 1);
        this.#multiple(feedback[lane]!, output);
        this.#add(bound, 1);
      }
      code.replace(name);
    }
    code.do("POP");
    code.do("POP");
  }

  /** Bounds that hold after a partial round if they held before it; all of them are 1 before the first. */
  #loopBounds(): Bounds {
    const bounds = this.#lanes.map(() => 1);
    // A lane's depends on the next one's alone.
    for (let lane = bounds.length - 2; lane >= 0; lane--) {
      bounds[lane] = boundOfSum(boundOfSum(bounds[lane + 1]!, 1), 1);
    }
    return bounds;
  }

  #label(name: string): string {
    return `${name} of ${this.#inputs}`;
  }
}
