import type { Plan } from "./plan.ts";

/**
 * A plan with as few faults and payments as are found that still fails: halves, quarters and so on are left out, as long
 * as it does (delta debugging, by Zeller and Hildebrandt).
 *
 * @param fails whether a plan does
 * @param most plans that are tried
 */
export async function shrunk(plan: Plan, fails: (plan: Plan) => Promise<boolean>, most = 60): Promise<Plan> {
  let tries = 0;
  const stillFails = async (smaller: Plan): Promise<boolean> => tries++ < most && (await fails(smaller));
  const faults = await fewest(plan.faults, (left) => stillFails({ ...plan, faults: left }));
  const bursts = await fewest(plan.bursts, (left) => stillFails({ ...plan, faults, bursts: left }));
  return { ...plan, faults, bursts };
}

async function fewest<T>(all: readonly T[], fails: (left: readonly T[]) => Promise<boolean>): Promise<readonly T[]> {
  let left = all;
  for (let parts = 2; left.length > 0;) {
    const length = Math.ceil(left.length / parts);
    let isSmaller = false;
    for (let start = 0; start < left.length && !isSmaller; start += length) {
      const rest = left.toSpliced(start, length);
      if (!(await fails(rest))) continue;
      [left, isSmaller, parts] = [rest, true, Math.max(2, parts - 1)];
    }
    if (isSmaller) continue;
    if (length === 1) break;
    parts = Math.min(left.length, 2 * parts);
  }
  return left;
}
