// Numbers of 256 bits in 5 limbs of 52.
#pragma once
#include "field.hpp"

namespace sheaf {
inline namespace SHEAF_PATH {

constexpr u64 MASK52 = (u64(1) << 52) - 1;

/** 52 bits of a number, from the bit at 52·limb. */
constexpr u64 limb52(const Limbs& x, int limb) {
  const int bit = 52 * limb, word = bit / 64, offset = bit % 64;
  u64 value = word < 4 ? x[word] >> offset : 0;
  if (offset > 12 && word + 1 < 4) value |= x[word + 1] << (64 - offset);
  return value & MASK52;
}

/** limbs[i][k]: limb i of k·m. A register holds the table of a limb. */
struct Multiples {
  alignas(64) u64 limbs[5][8];
};
constexpr Multiples multiplesOf(const Limbs& modulus) {
  Multiples out{};
  for (u64 k = 0; k < 8; k++) {
    u64 carry = 0;
    for (int i = 0; i < 5; i++) {
      const u64 sum = limb52(modulus, i) * k + carry;
      out.limbs[i][k] = i < 4 ? sum & MASK52 : sum;
      carry = sum >> 52;
    }
  }
  return out;
}

}  // namespace SHEAF_PATH
}  // namespace sheaf
