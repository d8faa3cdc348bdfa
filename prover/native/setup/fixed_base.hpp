// Multiples of a group's generator.
#pragma once
#include "parallel.hpp"
#include "setup/batch_add.hpp"

namespace sheaf {
inline namespace SHEAF_PATH {

/**
 * Fixed-base multiplication with signed windows (Brickell, Gordon, McCurley, Wilson, EUROCRYPT 1992): a table holds the
 * multiples of the base by each digit at each place, so that a product is one addition a digit.
 */
template <class F>
class FixedBase {
 public:
  /** @param count about how many products are wanted; the windows' width depends on it */
  FixedBase(const Affine<F>& base, size_t count) : width_(widthFor(count)), places_((SCALAR_BITS + width_) / width_) {
    std::vector<XYZZ<F>> bases(size_t(places_), XYZZ<F>::fromAffine(base));
    for (size_t place = 1; place < bases.size(); place++) {
      bases[place] = bases[place - 1];
      for (int i = 0; i < width_; i++) bases[place] = bases[place].doubled();
    }
    table_.resize(bases.size() << (width_ - 1));
    parallelFor(bases.size(), 1, [&](size_t place, size_t) { fill(&table_[place << (width_ - 1)], bases[place].toAffine()); });
  }

  /** Multiplies the base by plain numbers below the scalar field's order, on all cores. */
  template <class OnDone>
  void multiply(const Fr* scalars, Affine<F>* out, size_t n, OnDone onDone) const {
    parallelFor(n, BATCH, [&](size_t begin, size_t end) {
      multiplyBatch(scalars + begin, out + begin, end - begin);
      onDone(end - begin);
    });
  }

 private:
  static constexpr int SCALAR_BITS = 254;
  /** Sums that share an inversion: more would not fit into a core's cache with their operands. */
  static constexpr size_t BATCH = 2048;
  static constexpr int MAX_WIDTH = 16;

  /** The width with the fewest additions: one a place of each product, and one an entry of the table. */
  static int widthFor(size_t count) {
    int best = 2;
    const auto additions = [&](int width) { return size_t((SCALAR_BITS + width) / width) * (count + (size_t(1) << (width - 1))); };
    for (int width = 2; width <= MAX_WIDTH; width++) {
      if (additions(width) < additions(best)) best = width;
    }
    return best;
  }

  /** entries[i] = (i + 1)·base. */
  void fill(Affine<F>* entries, const Affine<F>& base) const {
    BatchAdder<F> adder;
    entries[0] = base;
    for (size_t known = 1; known < size_t(1) << (width_ - 1); known *= 2) {
      adder.add(
          known, [&](size_t i) { return entries[i]; }, [&](size_t) { return entries[known - 1]; },
          [&](size_t i, const Affine<F>& sum) { entries[known + i] = sum; });
    }
  }

  struct Addend {
    size_t product;
    const Affine<F>* entry;
    bool negative;
  };

  void multiplyBatch(const Fr* scalars, Affine<F>* out, size_t n) const {
    BatchAdder<F> adder;
    std::vector<Addend> addends(n);
    std::vector<uint8_t> carries(n, 0);
    for (size_t i = 0; i < n; i++) out[i] = Affine<F>::infinity();
    for (int place = 0; place < places_; place++) {
      const Affine<F>* entries = &table_[size_t(place) << (width_ - 1)];
      size_t count = 0;
      for (size_t i = 0; i < n; i++) {
        const u64 digit = digitAt(scalars[i].v, place * width_) + carries[i];
        carries[i] = digit > u64(1) << (width_ - 1);
        const u64 size = carries[i] ? (u64(1) << width_) - digit : digit;
        if (size == 0) continue;
        addends[count++] = {i, entries + size - 1, carries[i] != 0};
        __builtin_prefetch(entries + size - 1);
      }
      adder.add(
          count, [&](size_t i) { return out[addends[i].product]; },
          [&](size_t i) { return addends[i].negative ? -*addends[i].entry : *addends[i].entry; },
          [&](size_t i, const Affine<F>& sum) { out[addends[i].product] = sum; });
    }
  }

  u64 digitAt(const Limbs& scalar, int bit) const {
    const size_t limb = size_t(bit) / 64;
    const int shift = bit % 64;
    if (limb > 3) return 0;
    u64 bits = scalar[limb] >> shift;
    if (shift + width_ > 64 && limb < 3) bits |= scalar[limb + 1] << (64 - shift);
    return bits & ((u64(1) << width_) - 1);
  }

  int width_, places_;
  std::vector<Affine<F>> table_;
};

}  // namespace SHEAF_PATH
}  // namespace sheaf
