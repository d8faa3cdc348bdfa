// Scalars split in halves by the endomorphism (x, y) -> (βx, y) = λ·(x, y): Gallant, Lambert, Vanstone, "Faster Point
// Multiplication on Elliptic Curves with Efficient Endomorphisms" (CRYPTO 2001). k = k1 + λ·k2 mod r.
#pragma once
#include "curve.hpp"

namespace sheaf {

/** |k1| and |k2|, below 2^126.5; the top bit of each is the sign. */
struct Halves {
  u64 k1[2], k2[2];
};

constexpr u64 SIGN = u64(1) << 63;

/** β of G1 or G2, for the same λ; in G2 it is the square. */
template <class F>
inline Fq endomorphismFactor() {
  constexpr Limbs beta{0x5763473177fffffe, 0xd4f263f1acdb5c4f, 0x59e26bcea0d48bac, 0};
  const Fq one = Fq::fromPlain(beta);
  return sizeof(F) == sizeof(Fq) ? one : one.square();
}

namespace glv {

/** round(k·g / 2^256) mod 2^128, for k below 2^254. */
inline u128 roundedProduct(const Limbs& k, const std::array<u64, 3>& g) {
  u64 t[7] = {0, 0, 0, u64(1) << 63, 0, 0, 0};  // 2^255, for rounding
  for (int i = 0; i < 3; i++) {
    u64 carry = 0;
    for (int j = 0; j < 4; j++) {
      const u128 x = u128(k[size_t(j)]) * g[size_t(i)] + t[i + j] + carry;
      t[i + j] = u64(x);
      carry = u64(x >> 64);
    }
    for (int j = i + 4; carry && j < 7; j++) {
      const u128 x = u128(t[j]) + carry;
      t[j] = u64(x);
      carry = u64(x >> 64);
    }
  }
  return t[4] | u128(t[5]) << 64;
}

inline void store(u128 value, u64 out[2]) {
  const bool negative = value >> 127;
  const u128 magnitude = negative ? u128(0) - value : value;
  out[0] = u64(magnitude);
  out[1] = u64(magnitude >> 64) | (negative ? SIGN : 0);
}

}  // namespace glv

/** For a plain scalar below r. */
inline Halves splitScalar(const Limbs& k) {
  // A reduced basis (a1, -b1), (a2, a1) of the lattice of (x, y) with x + λy = 0 mod r, and its coordinates' quotients.
  constexpr u128 a1 = 0x89d3256894d213e3;
  constexpr u128 b1 = u128(0x6f4d8248eeb859fc) << 64 | 0x8211bbeb7d4f1128;
  constexpr u128 a2 = u128(0x6f4d8248eeb859fd) << 64 | 0x0be4e1541221250b;
  constexpr std::array<u64, 3> g1{0xd91d232ec7e0b3d7, 0x2, 0};                  // floor(2^256·a1 / r)
  constexpr std::array<u64, 3> g2{0x7a7bd9d4391eb18d, 0x4ccef014a773d2cf, 0x2};  // floor(2^256·b1 / r)
  const u128 c1 = glv::roundedProduct(k, g1), c2 = glv::roundedProduct(k, g2);
  // Both halves are small, so that they may be computed modulo 2^128.
  const u128 low = k[0] | u128(k[1]) << 64;
  Halves halves;
  glv::store(low - c1 * a1 - c2 * a2, halves.k1);
  glv::store(c1 * b1 - c2 * a1, halves.k2);
  return halves;
}

}  // namespace sheaf
