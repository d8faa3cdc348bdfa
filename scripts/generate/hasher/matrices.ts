import { Fr } from "../../../protocol/field.ts";

/** Of elements of the circuits' field. */
export type Vector = readonly bigint[];
/** By rows. */
export type Matrix = readonly Vector[];

const dot = (a: Vector, b: Vector): bigint =>
  a.reduce((sum, value, place) => Fr.add(sum, Fr.mul(value, b[place]!)), 0n);
const transposed = (matrix: Matrix): Matrix => matrix[0]!.map((_, place) => matrix.map((row) => row[place]!));

export const times = (matrix: Matrix, vector: Vector): Vector => matrix.map((row) => dot(row, vector));
export const timesRow = (row: Vector, matrix: Matrix): Vector => times(transposed(matrix), row);
export const product = (a: Matrix, b: Matrix): Matrix => a.map((row) => timesRow(row, b));

export const identity = (size: number): Matrix =>
  Array.from({ length: size }, (_, row) => Array.from({ length: size }, (_, column) => (row === column ? 1n : 0n)));

/** By Gauss and Jordan. Throws if there is none. */
export function inverse(matrix: Matrix): Matrix {
  const size = matrix.length;
  let rows = matrix.map((row, place) => [...row, ...identity(size)[place]!]);
  for (let column = 0; column < size; column++) {
    const place = rows.findIndex((row, place) => place >= column && row[column] !== 0n);
    if (place === -1) throw new Error("the matrix has no inverse");
    const scale = Fr.inv(rows[place]![column]!);
    const pivot = rows[place]!.map((value) => Fr.mul(value, scale));
    rows[place] = rows[column]!;
    rows = rows.map((row, at) =>
      at === column ? pivot : row.map((value, k) => Fr.sub(value, Fr.mul(row[column]!, pivot[k]!))),
    );
  }
  return rows.map((row) => row.slice(size));
}
