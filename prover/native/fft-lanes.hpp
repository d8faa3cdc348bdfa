// The transforms of `quotient.cpp`, 8 at a time: one in each lane.
#pragma once
#include "kernels.hpp"
#include "lanes.hpp"

namespace sheaf {
inline namespace SHEAF_PATH {

using FrLanes = Lanes<Fr>;
using FrConstant = FrLanes::Constant;

/** Natural order to bit-reversed order (Gentleman, Sande 1966). roots[i]: the i-th power of the root of order n·step. */
inline void transformDown(FrLanes* x, size_t n, const FrConstant* roots, size_t step = 1) {
  if (n == 1) return;
  const size_t half = n / 2;
  {
    const FrLanes u = x[0], v = x[half];
    x[0] = FrLanes::sumReduced(u, v);
    x[half] = FrLanes::differenceReduced(u, v);
  }
  for (size_t i = 1; i < half; i++) {
    const FrLanes u = x[i], v = x[half + i];
    x[i] = FrLanes::sumReduced(u, v);
    x[half + i] = (u - v) * FrLanes::broadcast(roots[i * step]);
  }
  // Recursion, not a loop over the levels: halves soon fit in the first-level cache.
  transformDown(x, half, roots, 2 * step);
  transformDown(x + half, half, roots, 2 * step);
}

/** Bit-reversed order to natural order (Cooley, Tukey 1965). */
inline void transformUp(FrLanes* x, size_t n, const FrConstant* roots, size_t step = 1) {
  if (n == 1) return;
  const size_t half = n / 2;
  transformUp(x, half, roots, 2 * step);
  transformUp(x + half, half, roots, 2 * step);
  {
    const FrLanes u = x[0], v = x[half];
    x[0] = FrLanes::sumReduced(u, v);
    x[half] = FrLanes::differenceReduced(u, v);
  }
  for (size_t i = 1; i < half; i++) {
    const FrLanes u = x[i], v = x[half + i] * FrLanes::broadcast(roots[i * step]);
    x[i] = FrLanes::sumReduced(u, v);
    x[half + i] = FrLanes::differenceReduced(u, v);
  }
}

inline size_t bitReversed(size_t x, int bits) {
  size_t result = 0;
  for (int i = 0; i < bits; i++) result |= ((x >> i) & 1) << (bits - 1 - i);
  return result;
}

/** What depends on the domain alone. The matrix has 2^rowBits rows of 2^columnBits elements. */
struct FftTables {
  int rowBits, columnBits;
  /** Powers of the roots of the order of the rows' and columns' number; [1]: of their inverses. */
  FrConstant *rowRoots[2], *columnRoots[2];
  /** For each place in a row: what its coefficient is multiplied with to move to the coset, over the domain's size. */
  FrConstant* shift;
  /** For each row with coefficients k1 + 2^rowBits·k2: ω^-k1, ω^k1 and g^k1, in the form of constants. */
  Fr *inverseStep, *step, *start;
  /** The number that takes a product out of Montgomery form. */
  FrConstant plain;

  size_t rows() const { return size_t(1) << rowBits; }
  size_t columns() const { return size_t(1) << columnBits; }
};

/** x in the form of a constant, not spread over lanes. */
inline Fr constantForm(Fr x) {
  for (int i = 0; i < FrLanes::SHIFT; i++) x = x.twice();
  return x;
}

inline size_t fftTableBytes(int power) {
  const size_t rows = fftRows(power), columns = fftColumns(power);
  return sizeof(FftTables) + (rows + 2 * columns) * sizeof(FrConstant) + 3 * rows * sizeof(Fr);
}

inline void fillPowers(FrConstant* out, size_t n, Fr first, const Fr& factor) {
  for (size_t i = 0; i < n; i++, first *= factor) out[i] = FrLanes::constant(first);
}

inline void fillFftTables(int power, void* memory) {
  auto& t = *static_cast<FftTables*>(memory);
  t.rowBits = (power + 1) / 2;
  t.columnBits = power / 2;
  const size_t rows = t.rows(), columns = t.columns();
  auto constants = reinterpret_cast<FrConstant*>(&t + 1);
  const Fr root = rootOfUnity(power), inverse = root.inverse(), coset = rootOfUnity(power + 1);
  const auto take = [&](size_t n) { return constants += n, constants - n; };
  for (int i = 0; i < 2; i++) {
    const Fr base = i ? inverse : root;
    fillPowers(t.rowRoots[i] = take(rows / 2), rows / 2, Fr::one(), base.power(u64(columns)));
    fillPowers(t.columnRoots[i] = take(columns / 2), columns / 2, Fr::one(), base.power(u64(rows)));
  }
  t.shift = take(columns);
  const Fr size = Fr::fromU64(u64(rows * columns)).inverse(), cosetRow = coset.power(u64(rows));
  Fr factor = size;
  for (size_t k2 = 0; k2 < columns; k2++, factor *= cosetRow) {
    t.shift[bitReversed(k2, t.columnBits)] = FrLanes::constant(factor);
  }
  t.inverseStep = reinterpret_cast<Fr*>(constants);
  t.step = t.inverseStep + rows;
  t.start = t.step + rows;
  Fr down = Fr::one(), up = Fr::one(), first = Fr::one();
  for (size_t k1 = 0; k1 < rows; k1++, down *= inverse, up *= root, first *= coset) {
    const size_t row = bitReversed(k1, t.rowBits);
    t.inverseStep[row] = constantForm(down);
    t.step[row] = constantForm(up);
    t.start[row] = constantForm(first);
  }
  // A product with it divides by 2^SHIFT too much as well.
  t.plain = FrLanes::constant(Fr{{1, 0, 0, 0}});
}

/** 8 neighbours in a row, or, by `stride` words, in a column. */
inline FrLanes loadLanes(const u64* from, size_t stride) {
  const u64* at[8];
  for (size_t i = 0; i < 8; i++) at[i] = from + stride * i;
  return FrLanes::gather(at);
}
inline void storeLanes(const FrLanes& lanes, u64* to, size_t stride) {
  u64* at[8];
  for (size_t i = 0; i < 8; i++) at[i] = to + stride * i;
  lanes.scatter(at);
}
/** The product in the form of its factors. */
inline FrLanes productInForm(const FrLanes& a, const FrLanes& b) { return a.shifted(FrLanes::SHIFT) * b; }

/** Columns from 8·block on: c = a∘b, then all three to coefficients over the rows. */
inline void columnsDown(const FftTables& t, u64* const data[3], size_t block, void* scratch) {
  auto x = static_cast<FrLanes*>(scratch);
  const size_t rows = t.rows(), stride = 4 * t.columns();
  for (int poly = 2; poly >= 0; poly--) {
    for (size_t row = 0; row < rows; row++) {
      const size_t at = row * stride + 32 * block;
      x[row] = poly == 2 ? productInForm(loadLanes(data[0] + at, 4), loadLanes(data[1] + at, 4))
                         : loadLanes(data[poly] + at, 4);
    }
    transformDown(x, rows, t.rowRoots[1]);
    for (size_t row = 0; row < rows; row++) storeLanes(x[row], data[poly] + row * stride + 32 * block, 4);
  }
}

/** Rows from 8·block on: to coefficients, to the coset, and back to values over the columns. */
inline void rowsThrough(const FftTables& t, u64* const data[3], size_t block, void* scratch) {
  const size_t columns = t.columns(), stride = 4 * columns;
  auto x = static_cast<FrLanes*>(scratch);
  FrLanes *before = x + columns, *after = before + columns;
  // Rows 8 apart in a chain of products leave it waiting for each product, but two chains run side by side.
  const FrLanes down = loadLanes(t.inverseStep[8 * block].words(), 4), up = loadLanes(t.step[8 * block].words(), 4);
  before[0] = FrLanes::broadcast(FrLanes::constant(Fr::one()));
  after[0] = loadLanes(t.start[8 * block].words(), 4);
  for (size_t i = 1; i < columns; i++) {
    before[i] = before[i - 1] * down;
    after[i] = after[i - 1] * up;
  }
  for (int poly = 0; poly < 3; poly++) {
    u64* const rows = data[poly] + 8 * block * stride;
    for (size_t i = 0; i < columns; i++) x[i] = loadLanes(rows + 4 * i, stride) * before[i];
    transformDown(x, columns, t.columnRoots[1]);
    for (size_t i = 0; i < columns; i++) x[i] = x[i] * FrLanes::broadcast(t.shift[i]);
    transformUp(x, columns, t.columnRoots[0]);
    for (size_t i = 0; i < columns; i++) storeLanes(x[i] * after[i], rows + 4 * i, stride);
  }
}

/** Columns from 8·block on: to values on the coset; a = a∘b - c as plain numbers. */
inline void columnsUp(const FftTables& t, u64* const data[3], size_t block, void* scratch) {
  auto x = static_cast<FrLanes*>(scratch);
  const size_t rows = t.rows(), stride = 4 * t.columns();
  for (int poly = 2; poly >= 0; poly--) {
    for (size_t row = 0; row < rows; row++) x[row] = loadLanes(data[poly] + row * stride + 32 * block, 4);
    transformUp(x, rows, t.rowRoots[0]);
    for (size_t row = 0; row < rows; row++) {
      const size_t at = row * stride + 32 * block;
      if (poly == 0) {
        const FrLanes product = productInForm(x[row], loadLanes(data[1] + at, 4));
        x[row] = (product - loadLanes(data[2] + at, 4)) * FrLanes::broadcast(t.plain);
      }
      storeLanes(x[row], data[poly] + at, 4);
    }
  }
}

}  // namespace SHEAF_PATH
}  // namespace sheaf
