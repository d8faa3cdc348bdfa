// Products of the sparse matrices A and B with the witness, from a key's coefficients as they lie in the file.
#pragma once
#include "kernels.hpp"
#include "lanes.hpp"

namespace sheaf {
inline namespace SHEAF_PATH {

/** Adds coefficient·witness[signal] to values[matrix][row] for each entry. */
inline void addSparse(const SparseProduct& work) {
  constexpr size_t BATCH = 64;
  u64 products[4 * BATCH];
  for (size_t begin = 0; begin < work.count; begin += BATCH) {
    const size_t n = work.count - begin < BATCH ? work.count - begin : BATCH;
    const uint8_t* entries = work.entries + begin * SparseProduct::ENTRY_BYTES;
    const auto number = [&](size_t i, size_t offset) {
      u32 value;
      std::memcpy(&value, entries + i * SparseProduct::ENTRY_BYTES + 4 * offset, 4);
      return value;
    };
    for (size_t i = 0; i < n; i += 8) {
      const u64 *coefficients[8], *signals[8];
      u64* to[8];
      for (size_t j = 0; j < 8; j++) {
        const size_t entry = i + j < n ? i + j : n - 1;
        coefficients[j] = reinterpret_cast<const u64*>(entries + entry * SparseProduct::ENTRY_BYTES + 12);
        signals[j] = work.witness + 4 * size_t(number(entry, 2));
        to[j] = products + 4 * (i + j);
      }
      // Coefficients are held times R², so that a product with a plain number is in Montgomery form.
      const auto signal = Lanes<Fr>::gather(signals).shifted(Lanes<Fr>::SHIFT);
      (signal * Lanes<Fr>::gather(coefficients)).scatter(to);
    }
    for (size_t i = 0; i < n; i++) {
      Fr product, sum;
      std::memcpy(&product, products + 4 * i, 32);
      u64* value = work.values[number(i, 0)] + 4 * size_t(number(i, 1));
      std::memcpy(&sum, value, 32);
      sum += product.reducedOnce();
      std::memcpy(value, &sum, 32);
    }
  }
}

}  // namespace SHEAF_PATH
}  // namespace sheaf
