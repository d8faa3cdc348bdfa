// Inversion modulo a prime below 2^254 by the binary algorithm on approximations: Thomas Pornin, "Optimized Binary GCD for
// Modular Inversion" (https://eprint.iacr.org/2020/972). Not in constant time: nothing secret is inverted alone.
#pragma once

namespace sheaf {
inline namespace SHEAF_PATH {

/** (f·a + g·b) / 2^31, exact, of 4-limb numbers; negated if negative. Whether it was. */
inline bool combineExact(Limbs& out, const Limbs& a, const Limbs& b, int64_t f, int64_t g) {
  using i128 = __int128;
  u64 t[5];
  i128 carry = 0;
  for (int i = 0; i < 4; i++) {
    // The high parts of the products of signed by unsigned are taken apart, so that no sum leaves 128 bits.
    i128 low = i128(u128(u64(f)) * a[i]) - (f < 0 ? i128(a[i]) << 64 : 0);
    i128 high = i128(u128(u64(g)) * b[i]) - (g < 0 ? i128(b[i]) << 64 : 0);
    i128 sum = low + high + carry;
    t[i] = u64(sum);
    carry = sum >> 64;
  }
  t[4] = u64(carry);
  for (int i = 0; i < 4; i++) out[i] = (t[i] >> 31) | (t[i + 1] << 33);
  if (int64_t(t[4]) >= 0) return false;
  u64 borrow = 1;
  for (int i = 0; i < 4; i++) {
    out[i] = ~out[i] + borrow;
    borrow = borrow && out[i] == 0;
  }
  return true;
}

/** (f·a + g·b) / 2^31 mod m, for a and b below m; `n0` is -1/m mod 2^64. */
inline Limbs combineModular(const Limbs& a, const Limbs& b, int64_t f, int64_t g, const Limbs& m, u64 n0) {
  using i128 = __int128;
  u64 t[5];
  i128 carry = 0;
  const u64 low = a[0] * u64(f) + b[0] * u64(g);
  const u64 q = (low * n0) & 0x7fffffff;
  for (int i = 0; i < 4; i++) {
    i128 x = i128(u128(u64(f)) * a[i]) - (f < 0 ? i128(a[i]) << 64 : 0);
    i128 y = i128(u128(u64(g)) * b[i]) - (g < 0 ? i128(b[i]) << 64 : 0);
    i128 sum = x + y + i128(u128(q) * m[i]) + carry;
    t[i] = u64(sum);
    carry = sum >> 64;
  }
  t[4] = u64(carry);
  Limbs out;
  for (int i = 0; i < 4; i++) out[i] = (t[i] >> 31) | (t[i + 1] << 33);
  // |f| + |g| <= 2^31, so the sum lies between -m and 2m.
  if (int64_t(t[4]) < 0) addLimbs(out, m);
  if (!lessLimbs(out, m)) subLimbs(out, m);
  return out;
}

/** 1/x mod m as a plain number, 0 for 0. */
inline Limbs inverseLimbs(const Limbs& x, const Limbs& m, u64 n0) {
  Limbs a = x, b = m, u{1, 0, 0, 0}, v{0, 0, 0, 0};
  // At most 2·254 - 1 steps bring a to 0 and b to the greatest common divisor.
  for (int round = 0; round < 17 && (a[0] | a[1] | a[2] | a[3]) != 0; round++) {
    // The top 33 and the low 31 bits decide the next 31 steps, up to a sign that is corrected afterwards.
    int top = 3;
    while (top > 0 && (a[top] | b[top]) == 0) top--;
    u64 na = a[0], nb = b[0];
    if (top > 0 || ((a[0] | b[0]) >> 62) != 0) {
      const int shift = __builtin_clzll(a[top] | b[top]);
      const u64 below_a = top > 0 ? a[top - 1] : 0, below_b = top > 0 ? b[top - 1] : 0;
      const u64 top_a = shift ? (a[top] << shift) | (below_a >> (64 - shift)) : a[top];
      const u64 top_b = shift ? (b[top] << shift) | (below_b >> (64 - shift)) : b[top];
      na = (a[0] & 0x7fffffff) | (top_a >> 31 << 31);
      nb = (b[0] & 0x7fffffff) | (top_b >> 31 << 31);
    }
    int64_t f0 = 1, g0 = 0, f1 = 0, g1 = 1;
    for (int i = 0; i < 31; i++) {
      const u64 odd = 0 - (na & 1);
      const u64 swap = odd & (0 - u64(na < nb));
      u64 d = (na ^ nb) & swap;
      na ^= d;
      nb ^= d;
      int64_t e = (f0 ^ f1) & int64_t(swap);
      f0 ^= e;
      f1 ^= e;
      e = (g0 ^ g1) & int64_t(swap);
      g0 ^= e;
      g1 ^= e;
      na = (na - (nb & odd)) >> 1;
      f0 -= f1 & int64_t(odd);
      g0 -= g1 & int64_t(odd);
      f1 *= 2;
      g1 *= 2;
    }
    Limbs nextA, nextB;
    if (combineExact(nextA, a, b, f0, g0)) f0 = -f0, g0 = -g0;
    if (combineExact(nextB, a, b, f1, g1)) f1 = -f1, g1 = -g1;
    const Limbs nextU = combineModular(u, v, f0, g0, m, n0);
    v = combineModular(u, v, f1, g1, m, n0);
    u = nextU;
    a = nextA;
    b = nextB;
  }
  return v;
}

}  // namespace SHEAF_PATH
}  // namespace sheaf
