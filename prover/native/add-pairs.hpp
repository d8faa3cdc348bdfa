// Sums of many pairs of affine points with one inversion (Montgomery's trick), 8 pairs in a vector.
#pragma once
#include "curve.hpp"
#include "kernels.hpp"
#include "lanes.hpp"

namespace sheaf {
inline namespace SHEAF_PATH {

/** Independent chains of products: one alone would wait for each product's latency. */
constexpr size_t CHAINS = 4;

template <class F>
struct PairAdder {
  using L = Lanes<F>;
  static constexpr size_t WORDS = sizeof(F) / 8;
  static constexpr size_t AHEAD = 32;

  const PairSums& work;

  const u64* point(u32 item) const { return work.points + size_t(item & ~NEGATIVE) * (2 * WORDS); }
  L load(const u32* items, size_t offset) const {
    const u64* at[8];
    for (int i = 0; i < 8; i++) at[i] = point(items[i]) + offset;
    return L::gather(at);
  }
  L loadX(const u32* items) const { return load(items, 0); }
  L loadY(const u32* items) const {
    unsigned negative = 0;
    for (int i = 0; i < 8; i++) negative |= (items[i] >> 31) << i;
    return load(items, WORDS).negatedIf(negative);
  }
  void prefetch(size_t pair) const {
    for (size_t i = pair; i < pair + 8; i++) {
      for (size_t byte = 0; byte < 2 * sizeof(F); byte += 64) {
        __builtin_prefetch(reinterpret_cast<const char*>(point(work.first[i])) + byte);
        __builtin_prefetch(reinterpret_cast<const char*>(point(work.second[i])) + byte);
      }
    }
  }

  /** Replaces the products by what each chain's backward pass starts with. False if one is zero. */
  static bool invert(L* products, size_t count) {
    F values[CHAINS * 8];
    for (size_t c = 0; c < count; c++) {
      u64* at[8];
      for (int i = 0; i < 8; i++) at[i] = values[8 * c + i].words();
      products[c].scatter(at);
    }
    for (size_t i = 0; i < 8 * count; i++) {
      // A chain of one link is a difference, below 4m.
      for (int multiple = 0; multiple < 3; multiple++) values[i] = values[i].reducedOnce();
      if (values[i].isZero()) return false;
    }
    F prefix[CHAINS * 8], product = values[0];
    for (size_t i = 1; i < 8 * count; i++) {
      prefix[i] = product;
      product *= values[i];
    }
    F inverse = product.inverse();
    for (size_t i = 8 * count; i-- > 0;) {
      const F value = values[i];
      values[i] = i ? inverse * prefix[i] : inverse;
      inverse *= value;
      // See `run` for the power of two.
      for (int bit = 0; bit < 3 * L::SHIFT / 2; bit++) values[i] = values[i].twice();
    }
    for (size_t c = 0; c < count; c++) {
      const u64* at[8];
      for (int i = 0; i < 8; i++) at[i] = values[8 * c + i].words();
      products[c] = L::gather(at);
    }
    return true;
  }

  /**
   * With R = 2^256 and products that divide by 2^s·R, the numbers that stand for coordinates are X = xR and Y = yR. Then
   * λ is held as 2^(s/2)·λR, so that its square has the form of X, and 1/(x2 - x1) times 2^(3s/2)·R, so that a product
   * with y2 - y1 has the form of λ. A chain's product T of numbers d and its counterpart A satisfy T·A = 2^(3s/2)·R²,
   * whatever the length of the chain: both lose 2^s·R with each step.
   */
  bool run() const {
    const size_t blocks = work.count / 8;
    L* prefix = static_cast<L*>(work.scratch);
    L chain[CHAINS];
    const size_t used = blocks < CHAINS ? blocks : CHAINS;
    for (size_t block = 0; block < blocks; block += CHAINS) {
      const size_t n = blocks - block < CHAINS ? blocks - block : CHAINS;
      for (size_t c = 0; c < n; c++) {
        const size_t pair = 8 * (block + c);
        if (pair + AHEAD + 8 <= work.count) prefetch(pair + AHEAD);
        const L d = loadX(work.second + pair) - loadX(work.first + pair);
        if (block == 0) {
          chain[c] = d;
        } else {
          prefix[block + c] = chain[c];
          chain[c] = chain[c] * d;
        }
      }
    }
    if (!invert(chain, used)) return false;
    for (size_t block = (blocks - 1) / CHAINS * CHAINS;; block -= CHAINS) {
      const size_t n = blocks - block < CHAINS ? blocks - block : CHAINS;
      backward(block, n, chain, prefix);
      if (block == 0) return true;
    }
  }

  void backward(size_t block, size_t n, L* chain, const L* prefix) const {
    L x1[CHAINS], x2[CHAINS], y1[CHAINS], slope[CHAINS], x3[CHAINS];
    // Loops over the chains, not one over all: the processor overlaps products that do not wait for each other.
    for (size_t c = 0; c < n; c++) {
      const size_t pair = 8 * (block + c);
      x1[c] = loadX(work.first + pair);
      x2[c] = loadX(work.second + pair);
      if (block == 0) {
        slope[c] = chain[c];
      } else {
        slope[c] = chain[c] * prefix[block + c];
        chain[c] = chain[c] * (x2[c] - x1[c]);
      }
    }
    for (size_t c = 0; c < n; c++) {
      const size_t pair = 8 * (block + c);
      y1[c] = loadY(work.first + pair);
      slope[c] = slope[c] * (loadY(work.second + pair) - y1[c]);
    }
    for (size_t c = 0; c < n; c++) x3[c] = L::minusTwo(slope[c].square(), x1[c], x2[c]);
    for (size_t c = 0; c < n; c++) {
      const L y3 = L::differenceReduced(slope[c] * (x1[c] - x3[c]).shifted(L::SHIFT / 2), y1[c]);
      u64 *const *to = work.to + 8 * (block + c), *second[8];
      x3[c].scatter(to);
      for (int i = 0; i < 8; i++) second[i] = to[i] + WORDS;
      y3.scatter(second);
    }
  }
};

}  // namespace SHEAF_PATH
}  // namespace sheaf
