// Montgomery's product of 4-limb numbers: a·b / 2^256 mod m. Included by field.hpp.
#pragma once

namespace sheaf {
inline namespace SHEAF_PATH {

/**
 * Coarsely integrated operand scanning (Koç, Acar, Kaliski 1996) without the overflow limb, which a modulus with two spare
 * top bits never needs. `a` must be below m, `b` below 2^256; the result is below m.
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

#if defined(__ADX__) && defined(__BMI2__) && defined(__x86_64__)

/** The modulus and -1/m, which the product below reads from memory. */
template <class F>
struct Reduction {
  static constexpr u64 VALUES[5] = {F::MODULUS[0], F::MODULUS[1], F::MODULUS[2], F::MODULUS[3], F::N0};
};

// Adds a·b[i] to the limbs t, with two chains of carries that do not wait for each other (Ozturk et al., "New Instructions
// Supporting Large Integer Arithmetic on Intel Architecture Processors", 2012), ...
#define SHEAF_ADD_ROW(offset)            \
  "xorl %k[zero], %k[zero]\n"            \
  "movq " offset "(%[b]), %%rdx\n"       \
  "mulxq (%[a]), %[low], %[top]\n"       \
  "adoxq %[low], %[t0]\n"                \
  "adcxq %[top], %[t1]\n"                \
  "mulxq 8(%[a]), %[low], %[top]\n"      \
  "adoxq %[low], %[t1]\n"                \
  "adcxq %[top], %[t2]\n"                \
  "mulxq 16(%[a]), %[low], %[top]\n"     \
  "adoxq %[low], %[t2]\n"                \
  "adcxq %[top], %[t3]\n"                \
  "mulxq 24(%[a]), %[low], %[top]\n"     \
  "adoxq %[low], %[t3]\n"                \
  "adcxq %[zero], %[top]\n"              \
  "adoxq %[zero], %[top]\n"
// ... and the multiple of m that clears the lowest limb, which is dropped.
#define SHEAF_REDUCE_ROW                 \
  "movq 32(%[m]), %%rdx\n"               \
  "imulq %[t0], %%rdx\n"                 \
  "xorl %k[zero], %k[zero]\n"            \
  "mulxq (%[m]), %[low], %[next]\n"      \
  "adcxq %[t0], %[low]\n"                \
  "movq %[next], %[t0]\n"                \
  "adcxq %[t1], %[t0]\n"                 \
  "mulxq 8(%[m]), %[low], %[t1]\n"       \
  "adoxq %[low], %[t0]\n"                \
  "adcxq %[t2], %[t1]\n"                 \
  "mulxq 16(%[m]), %[low], %[t2]\n"      \
  "adoxq %[low], %[t1]\n"                \
  "adcxq %[t3], %[t2]\n"                 \
  "mulxq 24(%[m]), %[low], %[t3]\n"      \
  "adoxq %[low], %[t2]\n"                \
  "adcxq %[zero], %[t3]\n"               \
  "adoxq %[top], %[t3]\n"

template <class F>
inline Limbs montgomeryProduct(const Limbs& a, const Limbs& b) {
  u64 t0, t1, t2, t3, top, low, next, zero;
  // Four limbs of t begin as the first row's product.
  asm("movq (%[b]), %%rdx\n"
      "mulxq (%[a]), %[t0], %[t1]\n"
      "mulxq 8(%[a]), %[low], %[t2]\n"
      "addq %[low], %[t1]\n"
      "mulxq 16(%[a]), %[low], %[t3]\n"
      "adcq %[low], %[t2]\n"
      "mulxq 24(%[a]), %[low], %[top]\n"
      "adcq %[low], %[t3]\n"
      "adcq $0, %[top]\n" SHEAF_REDUCE_ROW SHEAF_ADD_ROW("8") SHEAF_REDUCE_ROW SHEAF_ADD_ROW("16") SHEAF_REDUCE_ROW
          SHEAF_ADD_ROW("24") SHEAF_REDUCE_ROW
      : [t0] "=&r"(t0), [t1] "=&r"(t1), [t2] "=&r"(t2), [t3] "=&r"(t3), [top] "=&r"(top), [low] "=&r"(low),
        [next] "=&r"(next), [zero] "=&r"(zero)
      : [a] "r"(a.data()), [b] "r"(b.data()), [m] "r"(Reduction<F>::VALUES), "m"(a), "m"(b)
      : "rdx", "cc");
  return F{{t0, t1, t2, t3}}.reducedOnce().v;
}

#undef SHEAF_ADD_ROW
#undef SHEAF_REDUCE_ROW

#else

template <class F>
inline Limbs montgomeryProduct(const Limbs& a, const Limbs& b) {
  return montgomeryProductPortable<F>(a, b);
}

#endif

}  // namespace SHEAF_PATH
}  // namespace sheaf
