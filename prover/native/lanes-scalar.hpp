// The interface of lanes-ifma.hpp without vectors: 8 elements one after the other, which lets a processor overlap their
// products. Every value is reduced fully, so the bounds there hold here.
#pragma once
#include "field.hpp"

namespace sheaf {
inline namespace SHEAF_PATH {

template <class F>
struct Lanes {
  using Element = F;
  using Constant = F;
  static constexpr int SHIFT = 0;

  F e[8];

  static Lanes broadcast(const Constant& c) { return {{c, c, c, c, c, c, c, c}}; }
  static Lanes unit() { return broadcast(F::one()); }
  static Constant constant(const F& value) { return value; }
  static Lanes gather(const u64* const at[8]) {
    Lanes out;
    for (int i = 0; i < 8; i++) std::memcpy(&out.e[i], at[i], 32);
    return out;
  }
  void scatter(u64* const at[8]) const {
    for (int i = 0; i < 8; i++) std::memcpy(at[i], &e[i], 32);
  }
  friend Lanes operator*(const Lanes& a, const Lanes& b) {
    Lanes out;
    for (int i = 0; i < 8; i++) out.e[i] = a.e[i] * b.e[i];
    return out;
  }
  friend Lanes operator+(const Lanes& a, const Lanes& b) {
    Lanes out;
    for (int i = 0; i < 8; i++) out.e[i] = a.e[i] + b.e[i];
    return out;
  }
  friend Lanes operator-(const Lanes& a, const Lanes& b) {
    Lanes out;
    for (int i = 0; i < 8; i++) out.e[i] = a.e[i] - b.e[i];
    return out;
  }
  static void complexProduct(const Lanes& a0, const Lanes& a1, const Lanes& b0, const Lanes& b1, Lanes& c0, Lanes& c1) {
    const Lanes low = a0 * b0, high = a1 * b1, both = (a0 + a1) * (b0 + b1);
    c0 = low - high;
    c1 = both - low - high;
  }
  Lanes square() const { return *this * *this; }
  static Lanes minusTwo(const Lanes& a, const Lanes& b, const Lanes& c) { return a - b - c; }
  static Lanes sumReduced(const Lanes& a, const Lanes& b) { return a + b; }
  static Lanes differenceReduced(const Lanes& a, const Lanes& b) { return a - b; }
  Lanes negatedIf(unsigned mask) const {
    // No branches: signs are as good as random.
    Lanes out;
    for (int i = 0; i < 8; i++) {
      const u64 keep = u64((mask >> i) & 1) - 1;
      const F negative = -e[i];
      for (size_t j = 0; j < 4; j++) out.e[i].v[j] = (e[i].v[j] & keep) | (negative.v[j] & ~keep);
    }
    return out;
  }
  Lanes shifted(int bits) const {
    Lanes out = *this;
    for (int b = 0; b < bits; b++) out = out + out;
    return out;
  }
};

}  // namespace SHEAF_PATH
}  // namespace sheaf
