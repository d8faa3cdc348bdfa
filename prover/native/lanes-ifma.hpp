// 8 field elements at a time in AVX512-IFMA: 5 limbs of 52 bits, limb i of all elements in one register (Gueron, Krasnov,
// "Accelerating Big Integer Arithmetic Using Intel IFMA Extensions", ARITH 2016). In memory elements keep their 4 limbs of
// 64 bits and Montgomery's R = 2^256, but a product here divides by 2^260: SHIFT says so, and callers make up for it.
// Values are not reduced fully: each function says what it takes and leaves, in multiples of the modulus m; 2^260 > 84·m.
#pragma once
#include <immintrin.h>
#include "field.hpp"

namespace sheaf {
inline namespace SHEAF_PATH {

using Zmm = __m512i;
#define SHEAF_INLINE __attribute__((always_inline)) inline

constexpr u64 MASK52 = (u64(1) << 52) - 1;

/** 52 bits of a number, from the bit at 52·limb. */
constexpr u64 limb52(const Limbs& x, int limb) {
  const int bit = 52 * limb, word = bit / 64, offset = bit % 64;
  u64 value = word < 4 ? x[word] >> offset : 0;
  if (offset > 12 && word + 1 < 4) value |= x[word + 1] << (64 - offset);
  return value & MASK52;
}

template <class F>
struct Lanes {
  using Element = F;
  /** One element for all lanes, as tables hold it: times 2^260, so that a product with it keeps the other's form. */
  struct Constant {
    u64 limb[5];
  };
  /** log2 of what a product divides by too much. */
  static constexpr int SHIFT = 4;

  Zmm l[5];

  static SHEAF_INLINE Zmm mod(int i) { return _mm512_set1_epi64((long long)limb52(F::MODULUS, i)); }

  static SHEAF_INLINE Lanes broadcast(const Constant& c) {
    Lanes out;
#pragma GCC unroll 5
    for (int i = 0; i < 5; i++) out.l[i] = _mm512_set1_epi64((long long)c.limb[i]);
    return out;
  }
  static Constant constant(const F& value) {
    F x = value;
    for (int i = 0; i < SHIFT; i++) x = x.twice();
    Constant c;
    for (int i = 0; i < 5; i++) c.limb[i] = limb52(x.v, i);
    return c;
  }

  /** From words 0 to 3 of the elements. */
  static SHEAF_INLINE Lanes fromWords(const Zmm w[4]) {
    const Zmm mask = _mm512_set1_epi64((long long)MASK52);
    return {{_mm512_and_si512(w[0], mask), _mm512_and_si512(_mm512_shrdi_epi64(w[0], w[1], 52), mask),
             _mm512_and_si512(_mm512_shrdi_epi64(w[1], w[2], 40), mask),
             _mm512_and_si512(_mm512_shrdi_epi64(w[2], w[3], 28), mask), _mm512_srli_epi64(w[3], 16)}};
  }
  /** Values below 2^256. */
  SHEAF_INLINE void toWords(Zmm w[4]) const {
    w[0] = _mm512_or_si512(l[0], _mm512_slli_epi64(l[1], 52));
    w[1] = _mm512_or_si512(_mm512_srli_epi64(l[1], 12), _mm512_slli_epi64(l[2], 40));
    w[2] = _mm512_or_si512(_mm512_srli_epi64(l[2], 24), _mm512_slli_epi64(l[3], 28));
    w[3] = _mm512_or_si512(_mm512_srli_epi64(l[3], 36), _mm512_slli_epi64(l[4], 16));
  }

  /** Elements wherever they lie. */
  static SHEAF_INLINE Lanes gather(const u64* const at[8]) {
    Zmm r[4], w[4];
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) {
      r[i] = _mm512_inserti64x4(_mm512_castsi256_si512(_mm256_loadu_si256((const __m256i*)at[i])),
                                _mm256_loadu_si256((const __m256i*)at[i + 4]), 1);
    }
    transpose(r, w);
    return fromWords(w);
  }
  SHEAF_INLINE void scatter(u64* const at[8]) const {
    Zmm w[4];
    toWords(w);
    const Zmm a = _mm512_unpacklo_epi64(w[0], w[1]), b = _mm512_unpackhi_epi64(w[0], w[1]);
    const Zmm c = _mm512_unpacklo_epi64(w[2], w[3]), d = _mm512_unpackhi_epi64(w[2], w[3]);
    // a and c hold words 0, 1 and 2, 3 of the even elements, b and d of the odd ones.
    const Zmm low = _mm512_set_epi64(11, 10, 3, 2, 9, 8, 1, 0), high = _mm512_set_epi64(15, 14, 7, 6, 13, 12, 5, 4);
    storePair(_mm512_permutex2var_epi64(a, low, c), at[0], at[2]);
    storePair(_mm512_permutex2var_epi64(b, low, d), at[1], at[3]);
    storePair(_mm512_permutex2var_epi64(a, high, c), at[4], at[6]);
    storePair(_mm512_permutex2var_epi64(b, high, d), at[5], at[7]);
  }

  /** a·b / 2^260, for bounds whose product p is below 80; the result is below (1 + p/84)·m. */
  friend SHEAF_INLINE Lanes operator*(const Lanes& a, const Lanes& b) {
    const Zmm zero = _mm512_setzero_si512();
    const Zmm n0 = _mm512_set1_epi64((long long)(F::N0 & MASK52));
    Zmm t[6] = {zero, zero, zero, zero, zero, zero};
#pragma GCC unroll 5
    for (int i = 0; i < 5; i++) {
#pragma GCC unroll 5
      for (int j = 0; j < 5; j++) t[j] = _mm512_madd52lo_epu64(t[j], a.l[j], b.l[i]);
      const Zmm q = _mm512_madd52lo_epu64(zero, t[0], n0);
#pragma GCC unroll 5
      for (int j = 0; j < 5; j++) t[j] = _mm512_madd52lo_epu64(t[j], q, mod(j));
      t[1] = _mm512_add_epi64(t[1], _mm512_srli_epi64(t[0], 52));
#pragma GCC unroll 5
      for (int j = 0; j < 5; j++) t[j] = _mm512_madd52hi_epu64(t[j + 1], a.l[j], b.l[i]);
#pragma GCC unroll 5
      for (int j = 0; j < 5; j++) t[j] = _mm512_madd52hi_epu64(t[j], q, mod(j));
      t[5] = zero;
    }
    Lanes out{{t[0], t[1], t[2], t[3], t[4]}};
    out.carry();
    return out;
  }
  SHEAF_INLINE Lanes square() const { return *this * *this; }

  /** Sum of the bounds. */
  friend SHEAF_INLINE Lanes operator+(const Lanes& a, const Lanes& b) {
    Lanes out;
#pragma GCC unroll 5
    for (int i = 0; i < 5; i++) out.l[i] = _mm512_add_epi64(a.l[i], b.l[i]);
    out.carry();
    return out;
  }
  /** a - b + 2m, for b up to 2m. */
  friend SHEAF_INLINE Lanes operator-(const Lanes& a, const Lanes& b) {
    Lanes out = a.minusRaw(b, 2);
    out.carry();
    return out;
  }
  /** a - b - c + 4m reduced, for b and c up to 2m and a up to 4m. */
  static SHEAF_INLINE Lanes minusTwo(const Lanes& a, const Lanes& b, const Lanes& c) {
    return a.minusRaw(b, 2).minusRaw(c, 2).reducedRaw();
  }
  /** a + b reduced, for bounds whose sum is up to 8. */
  static SHEAF_INLINE Lanes sumReduced(const Lanes& a, const Lanes& b) {
    Lanes out;
#pragma GCC unroll 5
    for (int i = 0; i < 5; i++) out.l[i] = _mm512_add_epi64(a.l[i], b.l[i]);
    return out.reducedRaw();
  }
  /** a - b reduced, for b up to 2m and a up to 6m. */
  static SHEAF_INLINE Lanes differenceReduced(const Lanes& a, const Lanes& b) { return a.minusRaw(b, 2).reducedRaw(); }
  /** 2m - this where the mask says so, for values up to 2m. */
  SHEAF_INLINE Lanes negatedIf(unsigned mask) const {
    Lanes out;
#pragma GCC unroll 5
    for (int i = 0; i < 5; i++) {
      out.l[i] = _mm512_mask_sub_epi64(l[i], __mmask8(mask), _mm512_slli_epi64(mod(i), 1), l[i]);
    }
    out.carry();
    return out;
  }
  /** Times 2^bits. */
  SHEAF_INLINE Lanes shifted(int bits) const {
    Lanes out;
    for (int i = 0; i < 5; i++) out.l[i] = _mm512_slli_epi64(l[i], bits);
    out.carry();
    return out;
  }

 private:
  SHEAF_INLINE Lanes minusRaw(const Lanes& b, int multiple) const {
    Lanes out;
#pragma GCC unroll 5
    for (int i = 0; i < 5; i++) {
      const Zmm offset = _mm512_set1_epi64((long long)(limb52(F::MODULUS, i) * u64(multiple)));
      out.l[i] = _mm512_add_epi64(l[i], _mm512_sub_epi64(offset, b.l[i]));
    }
    return out;
  }
  /** Brings limbs, which may be negative or too large, to 52 bits. */
  SHEAF_INLINE void carry() {
    const Zmm mask = _mm512_set1_epi64((long long)MASK52);
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) {
      l[i + 1] = _mm512_add_epi64(l[i + 1], _mm512_srai_epi64(l[i], 52));
      l[i] = _mm512_and_si512(l[i], mask);
    }
  }
  /**
   * Subtracts the multiple of m that the top limb tells, for values up to 8m; the result is below 1.07m. The factor is
   * 2^52 over the modulus' top limb, rounded down, and the limb before its carry is at most a little too small.
   */
  SHEAF_INLINE Lanes reducedRaw() const {
    constexpr u64 factor = (u64(1) << 52) / (limb52(F::MODULUS, 4) + 1);
    const Zmm top = _mm512_add_epi64(l[4], _mm512_srai_epi64(l[3], 52));
    const Zmm quotient = _mm512_madd52hi_epu64(_mm512_setzero_si512(), top, _mm512_set1_epi64((long long)factor));
    Lanes out;
#pragma GCC unroll 5
    for (int i = 0; i < 5; i++) {
      constexpr auto multiple = [](int limb, u64 k) {
        // Limbs of k·m, each below 2^52.
        u64 carry = 0, value = 0;
        for (int j = 0; j <= limb; j++) {
          const u64 sum = limb52(F::MODULUS, j) * k + carry;
          value = j < 4 ? sum & MASK52 : sum;
          carry = sum >> 52;
        }
        return (long long)value;
      };
      const Zmm table = _mm512_set_epi64(multiple(i, 7), multiple(i, 6), multiple(i, 5), multiple(i, 4), multiple(i, 3),
                                         multiple(i, 2), multiple(i, 1), 0);
      out.l[i] = _mm512_sub_epi64(l[i], _mm512_permutexvar_epi64(quotient, table));
    }
    out.carry();
    return out;
  }
  static SHEAF_INLINE void storePair(Zmm pair, u64* first, u64* second) {
    _mm256_storeu_si256((__m256i*)first, _mm512_castsi512_si256(pair));
    _mm256_storeu_si256((__m256i*)second, _mm512_extracti64x4_epi64(pair, 1));
  }
  /** From elements i and i + 4 side by side in r[i] to words 0 to 3 of all. */
  static SHEAF_INLINE void transpose(const Zmm r[4], Zmm w[4]) {
    const Zmm a = _mm512_unpacklo_epi64(r[0], r[1]), b = _mm512_unpackhi_epi64(r[0], r[1]);
    const Zmm c = _mm512_unpacklo_epi64(r[2], r[3]), d = _mm512_unpackhi_epi64(r[2], r[3]);
    // a and c hold words 0 and 2 in turn, two elements each; b and d words 1 and 3.
    const Zmm first = _mm512_set_epi64(13, 12, 5, 4, 9, 8, 1, 0), second = _mm512_set_epi64(15, 14, 7, 6, 11, 10, 3, 2);
    w[0] = _mm512_permutex2var_epi64(a, first, c);
    w[1] = _mm512_permutex2var_epi64(b, first, d);
    w[2] = _mm512_permutex2var_epi64(a, second, c);
    w[3] = _mm512_permutex2var_epi64(b, second, d);
  }
};

}  // namespace SHEAF_PATH
}  // namespace sheaf
