// Fq2 = Fq[i] / (i² + 1): the coordinates of G2.
#pragma once
#include "field.hpp"

namespace sheaf {
inline namespace SHEAF_PATH {

/** c0 + c1·i, in the order of snarkjs' files. */
struct Fq2 {
  Fq c0, c1;

  static constexpr Fq2 zero() { return {Fq::zero(), Fq::zero()}; }
  static constexpr Fq2 one() { return {Fq::one(), Fq::zero()}; }
  static Fq2 fromU64(u64 x) { return {Fq::fromU64(x), Fq::zero()}; }
  u64* words() { return c0.words(); }
  const u64* words() const { return c0.words(); }
  bool isZero() const { return c0.isZero() && c1.isZero(); }
  friend bool operator==(const Fq2& a, const Fq2& b) { return a.c0 == b.c0 && a.c1 == b.c1; }
  friend Fq2 operator+(const Fq2& a, const Fq2& b) { return {a.c0 + b.c0, a.c1 + b.c1}; }
  friend Fq2 operator-(const Fq2& a, const Fq2& b) { return {a.c0 - b.c0, a.c1 - b.c1}; }
  Fq2 operator-() const { return {-c0, -c1}; }
  friend Fq2 operator*(const Fq2& a, const Fq2& b) {  // Karatsuba
    const Fq low = a.c0 * b.c0, high = a.c1 * b.c1;
    return {low - high, (a.c0 + a.c1) * (b.c0 + b.c1) - low - high};
  }
  friend Fq2 operator*(const Fq2& a, const Fq& b) { return {a.c0 * b, a.c1 * b}; }
  Fq2& operator+=(const Fq2& b) { return *this = *this + b; }
  Fq2& operator-=(const Fq2& b) { return *this = *this - b; }
  Fq2& operator*=(const Fq2& b) { return *this = *this * b; }
  Fq2 square() const { return {(c0 + c1) * (c0 - c1), (c0 * c1).twice()}; }
  Fq2 twice() const { return {c0.twice(), c1.twice()}; }
  Fq2 reducedOnce() const { return {c0.reducedOnce(), c1.reducedOnce()}; }
  Fq2 inverse() const {
    const Fq norm = (c0.square() + c1.square()).inverse();
    return {c0 * norm, -(c1 * norm)};
  }
};

}  // namespace SHEAF_PATH
}  // namespace sheaf
