// Sums of products in Fr with a single reduction ("lazy reduction", Aranha et al., https://eprint.iacr.org/2010/526).
#pragma once
#include "field.hpp"

namespace sheaf {
inline namespace SHEAF_PATH {

/** 2r */
constexpr Limbs twiceModulus() {
  Limbs limbs = Fr::MODULUS;
  addLimbs(limbs, Fr::MODULUS);
  return limbs;
}

/** A sum of at most 16 products of elements in Montgomery form: below 16·r² < 2^512. */
class WideSum {
 public:
  void add(const Fr& a, const Fr& b) {
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) {
      u64 carry = 0;
#pragma GCC unroll 4
      for (int j = 0; j < 4; j++) {
        const u128 t = u128(a.v[i]) * b.v[j] + v_[i + j] + carry;
        v_[i + j] = u64(t);
        carry = u64(t >> 64);
      }
#pragma GCC unroll 4
      for (int j = i + 4; j < 8; j++) {
        const u128 t = u128(v_[j]) + carry;
        v_[j] = u64(t);
        carry = u64(t >> 64);
      }
    }
  }

  /** The sum in Montgomery form: reduced it is below 16·r²/2^256 + r < 5r. */
  Fr reduced() const {
    u64 t[8];
    for (int i = 0; i < 8; i++) t[i] = v_[i];
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) {
      const u64 q = t[i] * Fr::N0;
      u64 carry = 0;
#pragma GCC unroll 4
      for (int j = 0; j < 4; j++) {
        const u128 x = u128(q) * Fr::MODULUS[j] + t[i + j] + carry;
        t[i + j] = u64(x);
        carry = u64(x >> 64);
      }
#pragma GCC unroll 4
      for (int j = i + 4; j < 8; j++) {
        const u128 x = u128(t[j]) + carry;
        t[j] = u64(x);
        carry = u64(x >> 64);
      }
    }
    Fr result{{t[4], t[5], t[6], t[7]}};
    while (!lessLimbs(result.v, TWICE)) subLimbs(result.v, TWICE);
    return result.reducedOnce();
  }

 private:
  static constexpr Limbs TWICE = twiceModulus();
  u64 v_[8] = {};
};

}  // namespace SHEAF_PATH
}  // namespace sheaf
