// A key's points from powers of tau.
#pragma once
#include <memory>
#include <mutex>
#include "parallel.hpp"
#include "setup/range_sums.hpp"

namespace sheaf {

/** Cuts wires into ranges of about as many terms, of few wires or of a part of one. */
template <class F>
std::vector<WireRange> rangesOf(const WireTerms& terms, const Bases<F>& bases, uint32_t first, uint32_t last) {
  /** Terms that share inversions: fewer waste time on those, more do not fit into a core's cache. */
  constexpr uint64_t TERMS = sizeof(F) == sizeof(Fq) ? 16384 : 8192;
  std::vector<WireRange> ranges;
  uint64_t room = 0;
  for (uint32_t wire = first; wire < last; wire++) {
    uint64_t count = 0;
    for (const Matrix matrix : {A, B, C}) count += bases[matrix] != nullptr ? terms.of(wire, matrix).size() : 0;
    if (count > TERMS) {
      for (uint64_t begin = 0; begin < count; begin += TERMS) ranges.push_back({wire, wire + 1, begin, begin + TERMS});
      room = 0;
      continue;
    }
    // A wire without terms takes time too.
    const uint64_t cost = count + 1;
    if (cost > room) {
      ranges.push_back({wire, wire});
      room = TERMS + 1;
    }
    ranges.back().last++;
    room -= cost;
  }
  return ranges;
}

/**
 * The sum of coefficient·base over the terms of each wire from `first` to before `last`, on all cores. Bases in G2 must be of
 * prime order. onDone(terms) is told how many more have been done, by any thread.
 */
template <class F, class OnDone>
std::vector<Affine<F>> sparseSums(const WireTerms& terms, const Bases<F>& bases, uint32_t first, uint32_t last, OnDone onDone) {
  const std::vector<WireRange> ranges = rangesOf<F>(terms, bases, first, last);
  std::vector<Affine<F>> sums(last - first, Affine<F>::infinity());
  std::vector<std::unique_ptr<RangeSums<F>>> workers(threadCount());
  std::mutex mutex;
  parallelFor(ranges.size(), 1, [&](size_t i, size_t) {
    const WireRange& range = ranges[i];
    auto& worker = workers[threadIndex()];
    if (!worker) worker = std::make_unique<RangeSums<F>>(terms, bases);
    auto* out = &sums[range.first - first];
    const bool isWhole = range.end == ~uint64_t(0);
    Affine<F> part;
    onDone(worker->sum(range, isWhole ? out : &part));
    if (isWhole) return;
    const std::lock_guard lock(mutex);
    auto sum = XYZZ<F>::fromAffine(*out);
    *out = (sum += part).toAffine();
  });
  return sums;
}

}  // namespace sheaf
