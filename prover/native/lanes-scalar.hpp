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
  Lanes square() const { return *this * *this; }
  static Lanes minusTwo(const Lanes& a, const Lanes& b, const Lanes& c) { return a - b - c; }
  static Lanes sumReduced(const Lanes& a, const Lanes& b) { return a + b; }
  static Lanes differenceReduced(const Lanes& a, const Lanes& b) { return a - b; }
  Lanes negatedIf(unsigned mask) const {
    Lanes out = *this;
    for (int i = 0; i < 8; i++) {
      if ((mask >> i) & 1) out.e[i] = -out.e[i];
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
