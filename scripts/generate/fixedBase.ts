import { babyjubjub } from "@noble/curves/misc.js";
import { SUBGROUP_ORDER } from "../../protocol/constants.ts";
import { Fr } from "../../protocol/field.ts";

type Point = InstanceType<typeof babyjubjub.Point>;

/** Digits in base 8 of the fixed-base multiplication: 83 of ±1, ±3, ±5, ±7 and a last one of ±1, ±3. */
const WINDOWS = 83;
const MAGNITUDES = [1n, 3n, 5n, 7n] as const;
/** The lines through two points of a window, as places in `MAGNITUDES`: {p_1 p_3, p_5 p_7} and {p_1 p_5, p_3 p_7}. */
const LINES = [
  [0, 1],
  [2, 3],
  [0, 2],
  [1, 3],
] as const;

/** `(u, v)` of a point other than O and (0, -1), on the Montgomery form of Baby Jubjub. */
export function toMontgomery(point: Point): [u: bigint, v: bigint] {
  const { x, y } = point.toAffine();
  const u = Fr.div(Fr.add(1n, y), Fr.sub(1n, y));
  return [u, Fr.div(u, x)];
}

/** `d * 8^i * B8` for the magnitudes d of a window, in Montgomery form. */
export function windowPoints(window: number): [u: bigint, v: bigint][] {
  return MAGNITUDES.map((digit) => toMontgomery(digitPoint(digit, window)));
}

/** The text of `circuits/generated/fixed_base.circom`. */
export function fixedBaseCircom(): string {
  const windows = Array.from({ length: WINDOWS }, (_, window) => windowPoints(window));
  const lines = windows.map((points) => LINES.map(([a, b]) => lineThrough(points[a]!, points[b]!)));
  const last = MAGNITUDES.slice(0, 2).map((digit) => {
    const { x, y } = digitPoint(digit, WINDOWS).toAffine();
    return [x, y];
  });
  const each = "[i] is for d * 8^i * B8, d = 1, 3, 5, 7";
  return [
    "pragma circom 2.2.0;",
    "",
    "// Generated from the points of Baby Jubjub by `npm run generate`.",
    "",
    "// Order l of Baby Jubjub's prime subgroup.",
    `function subgroupOrder() {\n    return ${SUBGROUP_ORDER};\n}`,
    "",
    table(
      "fixedBaseX",
      windows.map((points) => points.map(([u]) => u)),
      `Montgomery u: ${each}.`,
    ),
    table(
      "fixedBaseY",
      windows.map((points) => points.map(([, v]) => v)),
      `Montgomery v: ${each}.`,
    ),
    table(
      "fixedBaseSlope",
      lines.map((window) => window.map(([slope]) => slope)),
      "Slopes of the lines v = slope * u + intercept through the points of d = 1 and 3, 5 and 7, 1 and 5, 3 and 7.",
    ),
    table(
      "fixedBaseIntercept",
      lines.map((window) => window.map(([, intercept]) => intercept)),
      "Their intercepts.",
    ),
    table("fixedBaseLast", last, `Edwards (x, y) of d * 8^${WINDOWS} * B8, d = 1, 3.`),
  ].join("\n");
}

function digitPoint(digit: bigint, window: number): Point {
  return babyjubjub.Point.BASE.multiply((digit * 8n ** BigInt(window)) % SUBGROUP_ORDER);
}

function lineThrough([u1, v1]: [bigint, bigint], [u2, v2]: [bigint, bigint]): [slope: bigint, intercept: bigint] {
  const slope = Fr.div(Fr.sub(v2, v1), Fr.sub(u2, u1));
  return [slope, Fr.sub(v1, Fr.mul(slope, u1))];
}

function table(name: string, rows: bigint[][], note: string): string {
  const body = rows.map((row) => `        [${row.join(", ")}]`).join(",\n");
  return `// ${note}\nfunction ${name}() {\n    return [\n${body}\n    ];\n}\n`;
}
