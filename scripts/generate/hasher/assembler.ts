/** The EVM's instructions that are used here, with how many words they take from the stack and how many they leave. */
const INSTRUCTIONS = {
  ADD: [0x01, 2, 1],
  SUB: [0x03, 2, 1],
  MOD: [0x06, 2, 1],
  ADDMOD: [0x08, 3, 1],
  MULMOD: [0x09, 3, 1],
  EQ: [0x14, 2, 1],
  CALLDATASIZE: [0x36, 0, 1],
  CALLDATACOPY: [0x37, 3, 0],
  CODECOPY: [0x39, 3, 0],
  POP: [0x50, 1, 0],
  MLOAD: [0x51, 1, 1],
  MSTORE: [0x52, 2, 0],
  JUMP: [0x56, 1, 0],
  JUMPI: [0x57, 2, 0],
  RETURN: [0xf3, 2, 0],
  REVERT: [0xfd, 2, 0],
} as const;

type Instruction = keyof typeof INSTRUCTIONS;

const JUMPDEST = 0x5b;
const [PUSH0, DUP1, SWAP1] = [0x5f, 0x80, 0x90];
/** How deep DUP and SWAP reach. */
const REACH = 16;

/**
 * Writes code of the EVM. Each word on the stack has a name, so that whoever writes need not count how deep it lies: two
 * words may have the same, and then the upper one is meant.
 */
export class Assembler {
  readonly #code: number[] = [];
  readonly #labels = new Map<string, number>();
  readonly #references: { readonly at: number; readonly label: string }[] = [];
  /** Topmost last. */
  #stack: string[] = [];

  /** @param name of what the instruction leaves, if it leaves anything */
  do(instruction: Instruction, name = ""): void {
    const [opcode, taken, left] = INSTRUCTIONS[instruction];
    if (this.#stack.length < taken) throw new Error(`${instruction} takes ${taken} words of ${this.#stack.length}`);
    this.#stack.length -= taken;
    if (left === 1) this.#stack.push(name);
    this.#code.push(opcode);
  }

  push(value: bigint | number, name = ""): void {
    const digits = value === 0 || value === 0n ? "" : value.toString(16);
    const bytes = Buffer.from(digits.padStart(digits.length + (digits.length % 2), "0"), "hex");
    this.#code.push(PUSH0 + bytes.length, ...bytes);
    this.#stack.push(name);
  }

  /** Pushes the place of a label, wherever in the code that is. */
  pushLabel(label: string, name = ""): void {
    this.#code.push(PUSH0 + 2);
    this.#references.push({ at: this.#code.length, label });
    this.#code.push(0, 0);
    this.#stack.push(name);
  }

  /** Puts a copy of a word on top. */
  copy(name: string): void {
    this.#code.push(DUP1 + this.#depthOf(name));
    this.#stack.push(name);
  }

  /** Exchanges the topmost word with the one that lies so far below it. */
  swap(distance: number): void {
    const top = this.#stack.length - 1;
    const below = this.#stack[top - distance]!;
    this.#exchange(distance);
    this.#stack[top - distance] = this.#stack[top]!;
    this.#stack[top] = below;
  }

  /** Puts the topmost word in the place of a named one, whose name it takes. The other one is topmost then, without a name. */
  replace(name: string): void {
    this.#exchange(this.#depthOf(name));
    this.name("");
  }

  /** Names the topmost word anew. */
  name(name: string): void {
    this.#stack[this.#stack.length - 1] = name;
  }

  /** A place that can be jumped to, and the stack that it is reached with. */
  label(label: string, stack: readonly string[]): void {
    this.#labels.set(label, this.#code.length);
    this.#code.push(JUMPDEST);
    this.#stack = [...stack];
  }

  /** Words behind the code, to be copied into memory. */
  table(label: string, words: readonly bigint[]): void {
    this.#labels.set(label, this.#code.length);
    for (const word of words) this.#code.push(...Buffer.from(word.toString(16).padStart(64, "0"), "hex"));
  }

  /** Throws if the names on the stack are others. */
  expect(stack: readonly string[]): void {
    if (this.#stack.join() !== stack.join())
      throw new Error(`on the stack is ${this.#stack.join()}, not ${stack.join()}`);
  }

  /** The code, its labels resolved. */
  assemble(): Buffer {
    const code = Buffer.from(this.#code);
    for (const { at, label } of this.#references) code.writeUInt16BE(this.#labels.get(label)!, at);
    return code;
  }

  #exchange(distance: number): void {
    if (distance < 1 || distance > REACH) throw new Error(`no exchange with what lies ${distance} below`);
    this.#code.push(SWAP1 + distance - 1);
  }

  /** 0 for the topmost word. */
  #depthOf(name: string): number {
    const depth = this.#stack.length - 1 - this.#stack.lastIndexOf(name);
    if (depth >= Math.min(this.#stack.length, REACH)) throw new Error(`${name} is out of reach on the stack`);
    return depth;
  }
}
