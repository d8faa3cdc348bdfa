// Prime fields of BN254: 4 limbs of 64 bits, in Montgomery form with R = 2^256, always reduced below the modulus.
// That is the form in which snarkjs' .zkey files hold the coordinates of points, so they are used where they lie.
#pragma once
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <vector>
#if defined(__x86_64__)
#include <x86intrin.h>
#endif

// A translation unit is compiled for one kind of CPU. Each kind has names of its own: otherwise the linker would keep one
// of several bodies of the same inline function, perhaps one with instructions that this CPU lacks.
#if defined(SHEAF_IFMA)
#define SHEAF_PATH ifma
#elif defined(__ADX__) && defined(__BMI2__)
#define SHEAF_PATH adx
#else
#define SHEAF_PATH portable
#endif

namespace sheaf {
using u32 = uint32_t;
using u64 = uint64_t;
using u128 = unsigned __int128;
using Limbs = std::array<u64, 4>;

inline namespace SHEAF_PATH {

/** a += b; the carry out. */
constexpr u64 addLimbs(Limbs& a, const Limbs& b) {
#if defined(__x86_64__)
  if (!std::is_constant_evaluated()) {
    unsigned char c = 0;
    for (int i = 0; i < 4; i++) c = _addcarry_u64(c, a[i], b[i], reinterpret_cast<unsigned long long*>(&a[i]));
    return c;
  }
#endif
  u64 carry = 0;
  for (int i = 0; i < 4; i++) {
    u128 t = u128(a[i]) + b[i] + carry;
    a[i] = u64(t);
    carry = u64(t >> 64);
  }
  return carry;
}

/** a -= b; the borrow out. */
constexpr u64 subLimbs(Limbs& a, const Limbs& b) {
#if defined(__x86_64__)
  if (!std::is_constant_evaluated()) {
    unsigned char c = 0;
    for (int i = 0; i < 4; i++) c = _subborrow_u64(c, a[i], b[i], reinterpret_cast<unsigned long long*>(&a[i]));
    return c;
  }
#endif
  u64 borrow = 0;
  for (int i = 0; i < 4; i++) {
    u128 t = u128(a[i]) - b[i] - borrow;
    a[i] = u64(t);
    borrow = u64(t >> 64) & 1;
  }
  return borrow;
}

constexpr bool lessLimbs(Limbs a, const Limbs& b) { return subLimbs(a, b) != 0; }

/** 2^exponent mod m. */
constexpr Limbs powerOfTwo(const Limbs& m, int exponent) {
  Limbs x{1, 0, 0, 0};
  for (int i = 0; i < exponent; i++) {
    addLimbs(x, x);
    if (!lessLimbs(x, m)) subLimbs(x, m);
  }
  return x;
}

/** -1/m mod 2^64, by Newton's iteration. */
constexpr u64 negativeInverse(u64 m) {
  u64 x = 1;
  for (int i = 0; i < 6; i++) x *= 2 - m * x;
  return ~x + 1;
}

}  // namespace SHEAF_PATH
}  // namespace sheaf

#include "montgomery.hpp"
#include "inverse.hpp"

namespace sheaf {
inline namespace SHEAF_PATH {

template <class Params>
struct Field {
  Limbs v;

  static constexpr Limbs MODULUS = Params::MODULUS;
  static constexpr u64 N0 = negativeInverse(MODULUS[0]);
  static constexpr Limbs R = powerOfTwo(MODULUS, 256);
  static constexpr Limbs R2 = powerOfTwo(MODULUS, 512);
  static constexpr Limbs R3 = powerOfTwo(MODULUS, 768);

  static constexpr Field zero() { return {{0, 0, 0, 0}}; }
  static constexpr Field one() { return {R}; }
  static Field fromU64(u64 x) { return fromPlain(Limbs{x, 0, 0, 0}); }
  /** From a number below 2^256, as little-endian limbs. */
  static Field fromPlain(const Limbs& x) { return Field{R2} * Field{x}; }
  static Field fromPlain(const u64 x[4]) { return fromPlain(Limbs{x[0], x[1], x[2], x[3]}); }
  Limbs toPlain() const { return (*this * Field{{1, 0, 0, 0}}).v; }

  u64* words() { return v.data(); }
  const u64* words() const { return v.data(); }
  bool isZero() const { return (v[0] | v[1] | v[2] | v[3]) == 0; }
  friend bool operator==(const Field& a, const Field& b) { return a.v == b.v; }

  friend Field operator+(const Field& a, const Field& b) {
    // No carry out: the moduli have 254 bits.
    Field sum = a;
    addLimbs(sum.v, b.v);
    return sum.reducedOnce();
  }
  friend Field operator-(const Field& a, const Field& b) {
    Field difference = a;
    u64 mask = 0 - subLimbs(difference.v, b.v);
    addLimbs(difference.v, {MODULUS[0] & mask, MODULUS[1] & mask, MODULUS[2] & mask, MODULUS[3] & mask});
    return difference;
  }
  Field operator-() const { return zero() - *this; }
  friend Field operator*(const Field& a, const Field& b) { return Field{montgomeryProduct<Field>(a.v, b.v)}; }
  Field& operator+=(const Field& b) { return *this = *this + b; }
  Field& operator-=(const Field& b) { return *this = *this - b; }
  Field& operator*=(const Field& b) { return *this = *this * b; }
  Field square() const { return *this * *this; }
  Field twice() const { return *this + *this; }

  /** For values below 2m, such as a vector kernel leaves behind: the value below m. */
  Field reducedOnce() const {
    Field reduced = *this;
    u64 keep = 0 - subLimbs(reduced.v, MODULUS);
    for (int i = 0; i < 4; i++) reduced.v[i] = (v[i] & keep) | (reduced.v[i] & ~keep);
    return reduced;
  }

  /** 0 for 0. */
  Field inverse() const { return Field{inverseLimbs(v, MODULUS, N0)} * Field{R3}; }

  Field power(const Limbs& exponent) const {
    Field result = one();
    for (int i = 255; i >= 0; i--) {
      result = result.square();
      if ((exponent[i / 64] >> (i % 64)) & 1) result *= *this;
    }
    return result;
  }
  Field power(u64 exponent) const { return power(Limbs{exponent, 0, 0, 0}); }
};

struct FqParams {
  static constexpr Limbs MODULUS{0x3c208c16d87cfd47, 0x97816a916871ca8d, 0xb85045b68181585d, 0x30644e72e131a029};
};
struct FrParams {
  static constexpr Limbs MODULUS{0x43e1f593f0000001, 0x2833e84879b97091, 0xb85045b68181585d, 0x30644e72e131a029};
};
using Fq = Field<FqParams>;
using Fr = Field<FrParams>;

// Values lie in files, and in the memory that vectors load, exactly so: limb after limb, little-endian, nothing between.
static_assert(std::endian::native == std::endian::little);
static_assert(sizeof(Fq) == 32 && sizeof(Fr) == 32 && offsetof(Fq, v) == 0 && sizeof(Limbs) == 32);
static_assert(std::is_trivially_copyable_v<Fq> && std::is_standard_layout_v<Fq>);
static_assert(std::is_trivially_copyable_v<Fr> && std::is_standard_layout_v<Fr>);

/** The root of unity of order 2^power in Fr, as snarkjs chooses it: a power of 5, the smallest non-residue. power <= 28. */
inline Fr rootOfUnity(int power) {
  Limbs exponent = FrParams::MODULUS;  // (r - 1) / 2^28
  exponent[0] -= 1;
  for (int i = 0; i < 4; i++) exponent[i] = (exponent[i] >> 28) | (i < 3 ? exponent[i + 1] << 36 : 0);
  Fr root = Fr::fromU64(5).power(exponent);
  for (int i = 28; i > power; i--) root = root.square();
  return root;
}

/** Replaces each value by its inverse with one inversion (Montgomery's trick); zeros stay zeros. */
template <class F>
void batchInverse(F* values, size_t n) {
  std::vector<F> products(n);
  F product = F::one();
  for (size_t i = 0; i < n; i++) {
    products[i] = product;
    if (!values[i].isZero()) product *= values[i];
  }
  F inverse = product.inverse();
  for (size_t i = n; i-- > 0;) {
    if (values[i].isZero()) continue;
    F value = values[i];
    values[i] = inverse * products[i];
    inverse *= value;
  }
}

}  // namespace SHEAF_PATH
}  // namespace sheaf
