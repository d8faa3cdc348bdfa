import { parentPort, workerData } from "node:worker_threads";
import { affineBytes, CurveMemory, jacobianBytes, SCALAR_BITS, SCALAR_BYTES } from "./curve-memory.ts";
import type { FixedBaseJob } from "./fixed-base.ts";

const { module, generator, group, window, scalars, points, next, count, chunk } = workerData as FixedBaseJob;
const affine = affineBytes(group);
const jacobian = jacobianBytes(group);
const windows = Math.ceil(SCALAR_BITS / window);
const prefix = group === "G1" ? "g1m" : "g2m";

const memory = new CurveMemory(module);
const addMixed = memory.kernel(`${prefix}_addMixed`);
const zero = memory.kernel(`${prefix}_zero`);
const toAffine = memory.kernel(`${prefix}_toAffine`);
const batchToAffine = memory.kernel(`${prefix}_batchToAffine`);

const table = buildTable();
const scratch = memory.allocate(chunk * jacobian, 2 * chunk * jacobian);
const input = new DataView(scalars);
const output = new Uint8Array(points);
const progress = new Int32Array(next);

for (;;) {
  const start = Atomics.add(progress, 0, chunk);
  if (start >= count) break;
  const size = Math.min(chunk, count - start);
  for (let i = 0; i < size; i++) multiply((start + i) * SCALAR_BYTES, scratch + i * jacobian);
  batchToAffine(scratch, size, scratch);
  output.set(memory.read(scratch, size * affine), start * affine);
  parentPort?.postMessage(size);
}

/** Entry j of window k is `j · 2^(window·k) · generator`; entry 0 is never looked at. */
function buildTable(): number {
  const entries = 1 << window;
  const base = memory.allocate(affine);
  const at = memory.allocate(windows * entries * affine);
  const sums = memory.allocate((entries + 1) * jacobian, 2 * entries * jacobian);
  memory.read(base, affine).set(memory.read(generator, affine));
  for (let k = 0; k < windows; k++) {
    zero(sums);
    for (let j = 0; j < entries; j++) addMixed(sums + j * jacobian, base, sums + (j + 1) * jacobian);
    toAffine(sums + entries * jacobian, base);
    batchToAffine(sums, entries, at + k * entries * affine);
  }
  return at;
}

/** Adds up the table's entry for each digit of a scalar. */
function multiply(scalar: number, out: number): void {
  zero(out);
  for (let k = 0, bit = 0; k < windows; k++, bit += window) {
    const digit = digitAt(scalar, bit);
    if (digit !== 0) addMixed(out, table + ((k << window) + digit) * affine, out);
  }
}

/** The `window` bits from `bit` on, of the little-endian scalar at byte `at`; bits from 256 on are 0. */
function digitAt(at: number, bit: number): number {
  const word = bit >>> 5;
  const shift = bit & 31;
  let value = input.getUint32(at + 4 * word, true) >>> shift;
  if (shift + window > 32 && word < 7) value |= input.getUint32(at + 4 * word + 4, true) << (32 - shift);
  return value & ((1 << window) - 1);
}
