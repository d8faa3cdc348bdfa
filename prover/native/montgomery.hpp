// Montgomery's product of 4-limb numbers: a·b / 2^256 mod m. Included by field.hpp.
#pragma once

namespace sheaf {
inline namespace SHEAF_PATH {

/**
 * Coarsely integrated operand scanning (Koç, Acar, Kaliski 1996) without the overflow limb, which a modulus with two spare
 * top bits never needs. `a` and `b` may be any numbers with a·b < 2^256·m; the result is below m.
 */
template <class F>
inline Limbs montgomeryProductPortable(const Limbs& a, const Limbs& b) {
  constexpr Limbs m = F::MODULUS;
  u64 t0 = 0, t1 = 0, t2 = 0, t3 = 0;
#pragma GCC unroll 4
  for (int i = 0; i < 4; i++) {
    u128 x = u128(a[0]) * b[i] + t0;
    u64 q = u64(x) * F::N0;
    u128 y = u128(q) * m[0] + u64(x);
    x = u128(a[1]) * b[i] + t1 + u64(x >> 64);
    y = u128(q) * m[1] + u64(x) + u64(y >> 64);
    t0 = u64(y);
    x = u128(a[2]) * b[i] + t2 + u64(x >> 64);
    y = u128(q) * m[2] + u64(x) + u64(y >> 64);
    t1 = u64(y);
    x = u128(a[3]) * b[i] + t3 + u64(x >> 64);
    y = u128(q) * m[3] + u64(x) + u64(y >> 64);
    t2 = u64(y);
    t3 = u64(x >> 64) + u64(y >> 64);
  }
  return F{{t0, t1, t2, t3}}.reducedOnce().v;
}

template <class F>
inline Limbs montgomeryProduct(const Limbs& a, const Limbs& b) {
  return montgomeryProductPortable<F>(a, b);
}

}  // namespace SHEAF_PATH
}  // namespace sheaf
