// 8 coordinates at a time, in Fq or Fq2, by the processor's best means.
#pragma once
#include "fq2.hpp"
#if defined(SHEAF_IFMA)
#include "lanes-ifma.hpp"
#else
#include "lanes-scalar.hpp"
#endif

namespace sheaf {
inline namespace SHEAF_PATH {

template <>
struct Lanes<Fq2> {
  using Element = Fq2;
  using Base = Lanes<Fq>;
  static constexpr int SHIFT = Base::SHIFT;

  Base c0, c1;

  static Lanes gather(const u64* const at[8]) {
    const u64* second[8];
    for (int i = 0; i < 8; i++) second[i] = at[i] + 4;
    return {Base::gather(at), Base::gather(second)};
  }
  void scatter(u64* const at[8]) const {
    u64* second[8];
    for (int i = 0; i < 8; i++) second[i] = at[i] + 4;
    c0.scatter(at);
    c1.scatter(second);
  }
  /** For bounds whose product is below 20; the result is below 1.07m. */
  friend Lanes operator*(const Lanes& a, const Lanes& b) {  // Karatsuba
    const Base low = a.c0 * b.c0, high = a.c1 * b.c1, both = (a.c0 + a.c1) * (b.c0 + b.c1);
    return {Base::differenceReduced(low, high), Base::minusTwo(both, low, high)};
  }
  /** For bounds up to 2. */
  Lanes square() const {
    const Base product = c0 * c1;
    return {(c0 + c1) * (c0 - c1), Base::sumReduced(product, product)};
  }
  friend Lanes operator-(const Lanes& a, const Lanes& b) { return {a.c0 - b.c0, a.c1 - b.c1}; }
  static Lanes minusTwo(const Lanes& a, const Lanes& b, const Lanes& c) {
    return {Base::minusTwo(a.c0, b.c0, c.c0), Base::minusTwo(a.c1, b.c1, c.c1)};
  }
  static Lanes differenceReduced(const Lanes& a, const Lanes& b) {
    return {Base::differenceReduced(a.c0, b.c0), Base::differenceReduced(a.c1, b.c1)};
  }
  Lanes negatedIf(unsigned mask) const { return {c0.negatedIf(mask), c1.negatedIf(mask)}; }
  Lanes shifted(int bits) const { return {c0.shifted(bits), c1.shifted(bits)}; }
};

}  // namespace SHEAF_PATH
}  // namespace sheaf
