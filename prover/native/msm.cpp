// Pippenger's method ("On the evaluation of powers and related problems", FOCS 1976; Bernstein, Doumen, Lange, Oosterwijk,
// "Faster batch forgery identification", 2012, for the buckets). A scalar is cut into windows of some bits. In a window,
// the points with digit d are summed in bucket d, and the buckets' sums are weighed with their digits. What is ours:
//
// - Scalars are split in halves k = k1 + k2·λ by the curve's endomorphism first (glv.hpp): half as many windows. Both
//   halves have bins of their own for each digit, so that the image of a point, a product away, is never computed: the
//   endomorphism is applied to the sums of bins (`joinHalves`).
// - Digits are signed, which halves the buckets. Adding `offset_` (half a window's values in each window) to a magnitude
//   turns them into unsigned ones, so that a digit is a shift and a mask, and no carry goes from window to window.
// - Points are sorted by bin and summed in affine coordinates, with shared inversions (sums.hpp).
// - A witness is full of small numbers: scalars below 4 are in the lowest window's sum alone.
//
// Traps: the highest window has no sign and must not exceed the buckets (`HALF_BITS`); the windows' width is decided by
// how many scalars are large, and which are large by a guess of the width; sums come out below 2m, not m (`reducedOnce`).
#include "msm.hpp"
#include <algorithm>
#include "parallel.hpp"

namespace sheaf {
namespace {

/**
 * Bits of a half's magnitude, which is below 2^126.5: the quotients are off by 1/2 for rounding and 1/4 for their
 * constants', so that the half is at most 3/4 of the sum of the basis' coordinates. The highest window's digit must not
 * exceed the number of buckets, half a window's values.
 */
constexpr size_t HALF_BITS = 127;
constexpr size_t MAX_BITS = 17;

/** The signed digits of all windows but the highest, which has the rest, hold half of their values below zero. */
size_t windowsFor(size_t bits) { return (HALF_BITS + bits) / bits; }

/**
 * The width of windows that costs least, in additions of affine points. A bucket costs one addition to join its halves
 * and two to be weighed, and about one more for the work around them.
 */
size_t bestWindow(size_t large, size_t parts) {
  size_t best = 0;
  double bestCost = 0;
  for (size_t bits = 3; bits <= MAX_BITS; bits++) {
    const double buckets = double(size_t(1) << (bits - 1));
    const double cost = double(windowsFor(bits)) * (2.0 * double(large) + 4.0 * buckets * double(parts));
    if (best == 0 || cost < bestCost) best = bits, bestCost = cost;
  }
  return best;
}

u128 magnitude(const u64 half[2]) { return half[0] | u128(half[1] & ~SIGN) << 64; }

}  // namespace

void splitScalars(const u64* scalars, Halves* out, size_t n) {
  parallelFor(n, 4096, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; i++) {
      Limbs k;
      std::memcpy(&k, scalars + 4 * i, sizeof k);
      out[i] = splitScalar(k);
    }
  });
}

template <class F>
Msm<F>::Msm(const Affine<F>* points, const Halves* scalars, const std::vector<u32>& items,
            std::vector<MsmSpace<F>>& spaces)
    : points_(points), scalars_(scalars), spaces_(spaces) {
  // Which scalars are small depends on the windows' width, and the width on how many are not: the guess is a byte.
  const auto isBelow = [&](u32 item, size_t bits) {
    const Halves& s = scalars[item];
    return (s.k2[0] | s.k2[1]) == 0 && (s.k1[1] & ~SIGN) == 0 && (s.k1[0] >> bits) == 0;
  };
  for (const u32 item : items) {
    if (isBelow(item, 0)) continue;
    (isBelow(item, 2) ? small_ : large_).push_back(item);
  }
  // Parts let more threads than windows work on a large sum; the buckets of each are weighed on their own.
  parts_ = std::clamp<size_t>(std::min(threadCount() / 4, large_.size() >> 15), 1, 64);
  bits_ = bestWindow(large_.size() + 1, parts_);
  windows_ = windowsFor(bits_);
  for (size_t window = 0; window + 1 < windows_; window++) offset_ += u128(1) << (bits_ * window + bits_ - 1);
  results_.resize(tasks(), XYZZ<F>::infinity());
}

/** Calls visit(bin, item) for each digit of a window that is not 0: bin 2d - 2 for ±d of k1, 2d - 1 for ±d of k2. */
template <class F>
template <class Visit>
void Msm<F>::visitDigits(size_t window, Range range, Visit visit) const {
  const size_t shift = bits_ * window;
  const bool top = window + 1 == windows_;
  const u64 mask = top ? ~u64(0) : (u64(1) << bits_) - 1, half = top ? 0 : u64(1) << (bits_ - 1);
  for (const u32* at = range.begin; at != range.end; at++) {
    const Halves& scalar = scalars_[*at];
    for (u32 side = 0; side < 2; side++) {
      const u64* k = side == 0 ? scalar.k1 : scalar.k2;
      const u64 raw = u64((magnitude(k) + offset_) >> shift) & mask;
      if (raw == half) continue;
      const bool negative = raw < half;
      const u64 digit = negative ? half - raw : raw - half;
      visit(u32(2 * digit - 2 + side), *at | (negative != (k[1] >> 63 != 0) ? NEGATIVE : 0));
    }
  }
}

/** Sorts the items by bin (a counting sort): those of bin b lie from starts[b] on. */
template <class F>
void Msm<F>::sortItems(size_t window, Range large, Range small, MsmSpace<F>& space) const {
  const size_t bins = size_t(1) << bits_;
  // Two places further on: the second pass counts one place up, and leaves the starts behind.
  space.starts.assign(bins + 2, 0);
  u32* starts = space.starts.data();
  const auto count = [&](u32 bin, u32) { starts[bin + 2]++; };
  visitDigits(window, large, count);
  visitDigits(window, small, count);
  for (size_t bin = 2; bin < bins + 2; bin++) starts[bin] += starts[bin - 1];
  if (space.items.size() < starts[bins + 1]) space.items.resize(starts[bins + 1]);
  u32* items = space.items.data();
  const auto place = [&](u32 bin, u32 item) { items[starts[bin + 1]++] = item; };
  visitDigits(window, large, place);
  visitDigits(window, small, place);
}

template <class F>
void Msm<F>::run(size_t task) {
  MsmSpace<F>& space = spaces_[threadIndex()];
  const size_t window = task / parts_, part = task % parts_;
  const auto partOf = [&](const std::vector<u32>& all) {
    return Range{all.data() + all.size() * part / parts_, all.data() + all.size() * (part + 1) / parts_};
  };
  sortItems(window, partOf(large_), window == 0 ? partOf(small_) : Range{nullptr, nullptr}, space);
  const size_t bins = size_t(1) << bits_;
  space.sums.resize(bins);
  space.summer.sum(points_, space.items.data(), space.starts.data(), bins, space.sums.data());
  joinHalves(space);
  results_[task] = weightedSum(space);
}

/** To buckets[d - 1] the sum for digit d: that of the first halves, plus the endomorphism's image of the second's. */
template <class F>
void Msm<F>::joinHalves(MsmSpace<F>& space) const {
  const size_t buckets = size_t(1) << (bits_ - 1);
  const Fq factor = endomorphismFactor<F>();
  space.items.resize(std::max(space.items.size(), 2 * buckets));
  u32 count = 0;
  for (size_t bin = 0; bin < 2 * buckets; bin++) {
    if (bin % 2 == 0) space.starts[bin / 2] = count;
    Affine<F>& sum = space.sums[bin];
    if (sum.isInfinity()) continue;
    if (bin % 2 == 1) sum.x = sum.x * factor;
    space.items[count++] = u32(bin);
  }
  space.starts[buckets] = count;
  space.buckets.resize(buckets);
  space.summer.sum(space.sums.data(), space.items.data(), space.starts.data(), buckets, space.buckets.data());
}

/**
 * Σ d·buckets[d - 1]. With d = h·2^m + l this is 2^m·Σ h·(sum over l) + Σ l·(sum over h): two additions a bucket that
 * can be made in affine coordinates many at a time, and two short running sums.
 */
template <class F>
XYZZ<F> Msm<F>::weightedSum(MsmSpace<F>& space) const {
  const size_t buckets = space.buckets.size(), lowBits = bits_ / 2, low = size_t(1) << lowBits, high = buckets / low + 1;
  // Lists 0 to high - 1: digits by their high part; then digits by their low part.
  space.items.resize(std::max(space.items.size(), 2 * buckets));
  space.starts.resize(std::max(space.starts.size(), high + low + 1));
  u32 count = 0;
  const auto add = [&](size_t digit) {
    if (digit > 0 && digit <= buckets && !space.buckets[digit - 1].isInfinity()) space.items[count++] = u32(digit - 1);
  };
  for (size_t h = 0; h < high; h++) {
    space.starts[h] = count;
    if (h > 0) {
      for (size_t l = 0; l < low; l++) add(h * low + l);
    }
  }
  for (size_t l = 0; l < low; l++) {
    space.starts[high + l] = count;
    if (l > 0) {
      for (size_t h = 0; h < high; h++) add(h * low + l);
    }
  }
  space.starts[high + low] = count;
  space.sums.resize(std::max(space.sums.size(), high + low));
  space.summer.sum(space.buckets.data(), space.items.data(), space.starts.data(), high + low, space.sums.data());

  const auto runningSum = [&](size_t from, size_t n) {
    XYZZ<F> running = XYZZ<F>::infinity(), total = XYZZ<F>::infinity();
    for (size_t i = n; i-- > 1;) {
      const Affine<F>& p = space.sums[from + i];
      running += Affine<F>{p.x.reducedOnce(), p.y.reducedOnce()};
      total += running;
    }
    return total;
  };
  XYZZ<F> sum = runningSum(0, high);
  for (size_t i = 0; i < lowBits; i++) sum = sum.doubled();
  return sum += runningSum(high, low);
}

template <class F>
XYZZ<F> Msm<F>::result() const {
  XYZZ<F> sum = XYZZ<F>::infinity();
  for (size_t window = windows_; window-- > 0;) {
    for (size_t i = 0; i < bits_; i++) sum = sum.doubled();
    for (size_t part = 0; part < parts_; part++) sum += results_[window * parts_ + part];
  }
  return sum;
}

template class Msm<Fq>;
template class Msm<Fq2>;

}  // namespace sheaf
