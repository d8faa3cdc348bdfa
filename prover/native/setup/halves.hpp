// Scalars in two halves, for multiplications with half the doublings.
#pragma once
#include "curve.hpp"

namespace sheaf {
inline namespace SHEAF_PATH {

/** A number below 2^127 with a sign. */
struct Half {
  u128 magnitude;
  bool negative;
};

/**
 * A scalar as first + second·LAMBDA modulo the groups' order, where LAMBDA is the cube root of 1 by which `endomorphism`
 * multiplies (Gallant, Lambert, Vanstone, CRYPTO 2001).
 */
struct Halves {
  Half first, second;
};

/** LAMBDA·point, for a point of prime order: (x, y) becomes (BETA·x, y). */
inline G1 endomorphism(const G1& point) {
  static const Fq beta = Fq::fromPlain(Limbs{0x5763473177fffffe, 0xd4f263f1acdb5c4f, 0x59e26bcea0d48bac, 0});
  return {point.x * beta, point.y};
}
/** In G2 the same LAMBDA goes with the other cube root of 1 in Fq. */
inline G2 endomorphism(const G2& point) {
  static const Fq beta = Fq::fromPlain(Limbs{0xe4bd44e5607cfd48, 0xc28f069fbb966e3d, 0x5e6dd9e7e0acccb0, 0x30644e72e131a029});
  return {point.x * beta, point.y};
}

namespace halves {

/** (A1, -B1) and (A2, A1) generate the lattice of all (a, b) with a + b·LAMBDA = 0 modulo the order r. */
inline constexpr Limbs A1{0x89d3256894d213e3, 0, 0, 0};
inline constexpr Limbs B1{0x8211bbeb7d4f1128, 0x6f4d8248eeb859fc, 0, 0};
inline constexpr Limbs A2{0x0be4e1541221250b, 0x6f4d8248eeb859fd, 0, 0};
/** 2^256·A1 / r and 2^256·B1 / r, rounded down. */
inline constexpr Limbs A1_SCALED{0xd91d232ec7e0b3d7, 2, 0, 0};
inline constexpr Limbs B1_SCALED{0x7a7bd9d4391eb18d, 0x4ccef014a773d2cf, 2, 0};

/** a·b, the low and the high 256 bits. */
inline std::array<Limbs, 2> multiply(const Limbs& a, const Limbs& b) {
  u64 product[8] = {};
  for (int i = 0; i < 4; i++) {
    u64 carry = 0;
    for (int j = 0; j < 4; j++) {
      const u128 sum = u128(a[j]) * b[i] + product[i + j] + carry;
      product[i + j] = u64(sum);
      carry = u64(sum >> 64);
    }
    product[i + 4] = carry;
  }
  return {Limbs{product[0], product[1], product[2], product[3]}, Limbs{product[4], product[5], product[6], product[7]}};
}

/** A number between -2^127 and 2^127, given modulo 2^256. */
inline Half toHalf(Limbs value, bool negate) {
  const bool below = value[3] >> 63 != 0;
  if (below) {
    const Limbs opposite = value;
    value = {};
    subLimbs(value, opposite);
  }
  return {u128(value[1]) << 64 | value[0], below != negate};
}

}  // namespace halves

/** Splits any number below 2^256. k and r - k below 2^126 are their first halves alone, with a sign. */
inline Halves split(Limbs scalar) {
  using namespace halves;
  while (!lessLimbs(scalar, Fr::MODULUS)) subLimbs(scalar, Fr::MODULUS);
  Limbs opposite = Fr::MODULUS;
  subLimbs(opposite, scalar);
  const bool negate = lessLimbs(opposite, scalar);
  if (negate) scalar = opposite;
  // The nearest lattice vector but for rounding, which always is down: it makes the halves at most twice as large.
  const Limbs first = multiply(scalar, A1_SCALED)[1], second = multiply(scalar, B1_SCALED)[1];
  Limbs a = scalar, b = multiply(first, B1)[0];
  subLimbs(a, multiply(first, A1)[0]);
  subLimbs(a, multiply(second, A2)[0]);
  subLimbs(b, multiply(second, A1)[0]);
  return {toHalf(a, negate), toHalf(b, negate)};
}

}  // namespace SHEAF_PATH
}  // namespace sheaf
