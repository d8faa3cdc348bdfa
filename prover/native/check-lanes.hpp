// A path's vector arithmetic on its own, for `sheaf-check`.
#pragma once
#include "kernels.hpp"
#include "lanes.hpp"

namespace sheaf {
inline namespace SHEAF_PATH {

/** For 8 pairs: differences, and products and squares, which lack a factor of 2^SHIFT. Up to 1.07 times the modulus. */
template <class F>
void checkLanes(const u64* first, const u64* second, u64* out) {
  constexpr size_t WORDS = sizeof(F) / 8;
  const u64 *a[8], *b[8];
  for (size_t i = 0; i < 8; i++) a[i] = first + WORDS * i, b[i] = second + WORDS * i;
  const auto x = Lanes<F>::gather(a), y = Lanes<F>::gather(b);
  const Lanes<F> results[3] = {Lanes<F>::differenceReduced(x, y), x * y, x.square()};
  for (size_t k = 0; k < 3; k++) {
    u64* to[8];
    for (size_t i = 0; i < 8; i++) to[i] = out + WORDS * (8 * k + i);
    results[k].scatter(to);
  }
}

}  // namespace SHEAF_PATH
}  // namespace sheaf
