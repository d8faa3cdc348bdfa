// Multiples of a group's generator.
#pragma once
#include <atomic>
#include "parallel.hpp"
#include "sums.hpp"

namespace sheaf {

/**
 * Fixed-base multiplication with signed windows (Brickell, Gordon, McCurley, Wilson, EUROCRYPT 1992): a table holds the
 * multiples of the base by each digit at each place, so that a product is a sum of one entry a place.
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
    table_.resize(bases.size() * entries());
    parallelFor(bases.size(), 1, [&](size_t place, size_t) { fill(&table_[place * entries()], bases[place]); });
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
  static constexpr size_t BATCH = 4096;
  static constexpr int MAX_WIDTH = 16;

  /** Of a place: the multiples by 1 to half a window's digits, since digits have signs. */
  size_t entries() const { return size_t(1) << (width_ - 1); }

  /** The width with the fewest additions: one a place of each product, and a dearer one an entry of the table. */
  static int widthFor(size_t count) {
    int best = 2;
    const auto cost = [&](int width) { return size_t((SCALAR_BITS + width) / width) * (count + (size_t(2) << width)); };
    for (int width = 2; width <= MAX_WIDTH; width++) {
      if (cost(width) < cost(best)) best = width;
    }
    return best;
  }

  /** out[i] = (i + 1)·base. */
  void fill(Affine<F>* out, const XYZZ<F>& base) const {
    constexpr size_t BLOCK = 1024;
    const Affine<F> step = base.toAffine();
    // Not on the stack: a thread's has 128 KiB with some C libraries.
    std::vector<XYZZ<F>> multiples(BLOCK);
    XYZZ<F> last = XYZZ<F>::infinity();
    for (size_t begin = 0; begin < entries(); begin += BLOCK) {
      const size_t n = std::min(BLOCK, entries() - begin);
      for (size_t i = 0; i < n; i++) multiples[i] = last += step;
      toAffine(multiples.data(), out + begin, n);
    }
  }

  void multiplyBatch(const Fr* scalars, Affine<F>* out, size_t n) const {
    std::vector<u32> items, starts{0};
    for (size_t i = 0; i < n; i++) {
      bool carry = false;
      for (int place = 0; place < places_; place++) {
        const size_t digit = digitAt(scalars[i].v, place * width_) + carry;
        carry = digit > entries();
        const size_t size = carry ? 2 * entries() - digit : digit;
        if (size > 0) items.push_back(u32(size_t(place) * entries() + size - 1) | (carry ? NEGATIVE : 0));
      }
      starts.push_back(u32(items.size()));
    }
    Summer<F>().sum(table_.data(), items.data(), starts.data(), n, out);
    for (size_t i = 0; i < n; i++) out[i] = {out[i].x.reducedOnce(), out[i].y.reducedOnce()};
  }

  /** The digit that begins at a bit. */
  size_t digitAt(const Limbs& scalar, int bit) const {
    const size_t limb = size_t(bit) / 64;
    const int shift = bit % 64;
    if (limb > 3) return 0;
    u64 bits = scalar[limb] >> shift;
    if (shift + width_ > 64 && limb < 3) bits |= scalar[limb + 1] << (64 - shift);
    return bits & (2 * entries() - 1);
  }

  int width_, places_;
  std::vector<Affine<F>> table_;
};

}  // namespace sheaf
