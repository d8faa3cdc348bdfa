import type { Value } from "./values.ts";

/** An array of values, some not set. Branches work on a copy. */
export class Memory {
  values: (Value | undefined)[] = [];
}

export interface Pointer {
  readonly memory: Memory;
  readonly at: number;
}

/** What one run of a template or a function sees. */
export interface Scope {
  readonly locals: Memory;
  readonly temporaries: Memory;
  /** Where a function's result goes, and how many values of it its caller takes. */
  readonly result?: Pointer;
  readonly limit: number;
  /** In how many branches of unknown condition this is, within the template or function. */
  depth: number;
  target?: Pointer;
  current?: number;
  mapped?: number;
  arguments?: Memory;
}

export function newScope(locals = new Memory(), result?: Pointer, limit = 0): Scope {
  return { locals, temporaries: new Memory(), limit, depth: 0, ...(result && { result }) };
}

/**
 * Lets both sides of a branch work on the memories as they are, and joins what they leave behind.
 *
 * @param join is given the two values of each place in which they differ, `undefined` where one is not set
 */
export function runBoth(
  memories: readonly Memory[],
  sides: readonly [() => void, () => void],
  join: (memory: Memory, then: Value | undefined, otherwise: Value | undefined) => Value | undefined,
): void {
  const before = memories.map(({ values }) => values);
  const [then, otherwise] = sides.map((side) => {
    memories.forEach((memory, i) => (memory.values = before[i]!.slice()));
    side();
    return memories.map(({ values }) => values);
  }) as [Memory["values"][], Memory["values"][]];
  memories.forEach((memory, i) => {
    const [a, b] = [then[i]!, otherwise[i]!];
    memory.values = a;
    for (let at = 0; at < Math.max(a.length, b.length); at++) {
      if (a[at] !== b[at]) memory.values[at] = join(memory, a[at], b[at]);
    }
  });
}
