/** Operations of a plan. `docs/witness.md` says what each does; prover/native/witness_plan.hpp has the same list. */
export const OPCODES = {
  end: 0,
  copy: 1,
  multiply: 2,
  sum: 3,
  check: 4,
  divide: 5,
  equal: 6,
  select: 7,
  bits: 8,
  lookup: 9,
  call: 10,
} as const;

/** An operand: what it points to in the two highest bits, and where there. */
export const CONSTANT = 0;
export const REGISTER = 2 ** 30;
export const SIGNAL = 2 * 2 ** 30;

/** Products in one sum: so many stay below 2^512, and their sum reduced once below 2^256. */
export const MOST_PRODUCTS = 16;
/** Terms in one sum of each other kind: each count has a byte. */
export const MOST_TERMS = 255;

/** One operation before registers are assigned: words, of which some are operands. */
export interface Instruction {
  readonly opcode: keyof typeof OPCODES;
  /** Words before the operands. */
  readonly parameters: readonly number[];
  readonly target?: number;
  readonly operands: readonly number[];
}

/** A phase of a template. */
export interface Program {
  readonly code: readonly number[];
  /** Number of registers. */
  readonly registers: number;
  /** Number of the component's signals. */
  readonly size: number;
}

/** Assigns registers: one is free for others after its value's last use. */
export function assemble(instructions: readonly Instruction[], size: number): Program {
  const lastUses = new Map<number, number>();
  instructions.forEach(({ operands, target }, at) => {
    for (const place of [...operands, target]) if (isRegister(place)) lastUses.set(place, at);
  });
  const assigned = new Map<number, number>();
  const free: number[] = [];
  let registers = 0;
  const code = instructions.flatMap(({ opcode, parameters, target, operands }, at) => {
    const places = operands.map((place) => (isRegister(place) ? assigned.get(place)! : place));
    for (const place of new Set(operands)) {
      if (isRegister(place) && lastUses.get(place) === at) free.push(assigned.get(place)!);
    }
    if (isRegister(target)) assigned.set(target, free.pop() ?? REGISTER + registers++);
    const to = target === undefined ? [] : [isRegister(target) ? assigned.get(target)! : target];
    return [OPCODES[opcode], ...parameters, ...to, ...places];
  });
  return { code: [...code, OPCODES.end], registers, size };
}

function isRegister(place: number | undefined): place is number {
  return place !== undefined && place >= REGISTER && place < SIGNAL;
}
