#pragma once
#include <array>
#include <cstddef>
#include <cstdint>

namespace sheaf {

/** A number below 2^128 with a sign. */
struct Half {
  unsigned __int128 magnitude;
  bool negative;
};

/** A scalar as `first + second * LAMBDA`, see `split`. */
struct Halves {
  Half first, second;
};

namespace halves {

using Wide = std::array<uint64_t, 4>;

inline constexpr Wide ORDER = {0x43e1f593f0000001, 0x2833e84879b97091, 0xb85045b68181585d, 0x30644e72e131a029};

/**
 * (A1, -B1) and (A2, A1) generate the lattice of all (a, b) with a + b * LAMBDA = 0 modulo the order r;
 * G1 = 2^256 A1 / r and G2 = 2^256 B1 / r, rounded down.
 */
inline constexpr std::array<uint64_t, 1> A1 = {0x89d3256894d213e3};
inline constexpr std::array<uint64_t, 2> B1 = {0x8211bbeb7d4f1128, 0x6f4d8248eeb859fc};
inline constexpr std::array<uint64_t, 2> A2 = {0x0be4e1541221250b, 0x6f4d8248eeb859fd};
inline constexpr std::array<uint64_t, 2> G1 = {0xd91d232ec7e0b3d7, 2};
inline constexpr std::array<uint64_t, 3> G2 = {0x7a7bd9d4391eb18d, 0x4ccef014a773d2cf, 2};

/** `a - b` modulo 2^256 into `out`; returns whether it was negative. */
inline bool subtract(const Wide& a, const Wide& b, Wide& out) {
  bool borrow = false;
  for (int i = 0; i < 4; i++) {
    const unsigned __int128 difference = static_cast<unsigned __int128>(a[i]) - b[i] - borrow;
    out[i] = static_cast<uint64_t>(difference);
    borrow = difference >> 64 != 0;
  }
  return borrow;
}

/** `a * b` without its lowest `skip` limbs, modulo 2^256. */
template <size_t N>
Wide multiply(const Wide& a, const std::array<uint64_t, N>& b, size_t skip) {
  std::array<uint64_t, 4 + N> product{};
  for (size_t i = 0; i < N; i++) {
    unsigned __int128 carry = 0;
    for (size_t j = 0; j < 4; j++) {
      carry += static_cast<unsigned __int128>(a[j]) * b[i] + product[i + j];
      product[i + j] = static_cast<uint64_t>(carry);
      carry >>= 64;
    }
    product[i + 4] = static_cast<uint64_t>(carry);
  }
  Wide out{};
  for (size_t i = 0; i < 4 && i + skip < product.size(); i++) out[i] = product[i + skip];
  return out;
}

/** A number between -2^127 and 2^127, given modulo 2^256. */
inline Half toHalf(Wide value, bool negate) {
  const bool below = value[3] >> 63 != 0;
  if (below) subtract({}, value, value);
  return {static_cast<unsigned __int128>(value[1]) << 64 | value[0], below != negate};
}

}  // namespace halves

/**
 * Splits a scalar so that a multiplication by it takes half the doublings: LAMBDA times a point (x, y) is (BETA x, y)
 * (Gallant, Lambert and Vanstone, CRYPTO 2001). Both halves are below 2^127, and a number k with k or r - k below 2^126
 * is the first half alone, with its sign.
 *
 * @param scalar any number below 2^256
 */
inline Halves split(halves::Wide scalar) {
  using namespace halves;
  Wide reduced;
  while (!subtract(scalar, ORDER, reduced)) scalar = reduced;
  Wide opposite;
  subtract(ORDER, scalar, opposite);
  const bool negate = opposite[3] < scalar[3];
  if (negate) scalar = opposite;
  const Wide first = multiply(scalar, G1, 4);
  const Wide second = multiply(scalar, G2, 4);
  Wide a, b;
  subtract(scalar, multiply(first, A1, 0), a);
  subtract(a, multiply(second, A2, 0), a);
  subtract(multiply(first, B1, 0), multiply(second, A1, 0), b);
  return {toHalf(a, negate), toHalf(b, negate)};
}

}  // namespace sheaf
