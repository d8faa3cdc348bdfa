// Sums of few multiples of many points: a key's points from powers of tau.
#pragma once
#include <algorithm>
#include <array>
#include <memory>
#include <mutex>
#include "parallel.hpp"
#include "setup/group_sums.hpp"
#include "setup/halves.hpp"
#include "setup/terms.hpp"

namespace sheaf {
inline namespace SHEAF_PATH {

/** The points that a matrix' constraints stand for; nullptr leaves the matrix out. */
template <class F>
using Bases = std::array<const Affine<F>*, 3>;

/** Some of the terms of consecutive wires: those from `begin` to `end`, counted over the matrices that have bases. */
struct WireRange {
  uint32_t first, last;
  uint64_t begin = 0, end = ~uint64_t(0);
};

/**
 * Sums coefficient·base over the terms of each wire of a range. Straus' method: the wires' sums are doubled together bit by
 * bit, and odd multiples of the bases, which the wires of a range have in common, are added for the signed digits (width-w
 * non-adjacent form) of the coefficients' halves. All additions are affine ones in batches.
 */
template <class F>
class RangeSums {
 public:
  RangeSums(const WireTerms& terms, const Bases<F>& bases) : wireTerms_(terms), bases_(bases) {}

  /** Writes the sum of wire range.first + i to out[i]. */
  void sum(const WireRange& range, Affine<F>* out) {
    collect(range);
    makeTable();
    makeDigits();
    accumulators_.assign(active_.size(), Affine<F>::infinity());
    for (int bit = terms_.empty() ? -1 : BITS - 1; bit >= 0; bit--) addBit(bit);
    addUnits(out);
  }
  /** Terms of the last range. */
  uint64_t done() const { return terms_.size() + units_.size(); }

 private:
  static constexpr int WIDTH = 7;
  /** Odd multiples of a base: 1, 3, ..., 2^(WIDTH - 1) - 1. */
  static constexpr size_t ENTRIES = size_t(1) << (WIDTH - 2);
  /** Halves are below 2^127, and a signed digit carries into one place more. */
  static constexpr int BITS = 128;

  struct Term {
    Affine<F> const* base;
    Halves coefficient;
    size_t entries = 0;
  };
  /** A base with a sign: most coefficients that are not random are 1 or -1. */
  struct Unit {
    const Affine<F>* base;
    bool negative;
  };
  /** Ends of a wire's terms and units; the wire's place among those with terms. */
  struct Wire {
    size_t terms, units, active;
  };

  void collect(const WireRange& range) {
    terms_.clear();
    units_.clear();
    wires_.clear();
    active_.clear();
    for (uint32_t wire = range.first; wire < range.last; wire++) {
      const size_t termsBefore = terms_.size();
      uint64_t index = 0;
      for (const Matrix matrix : {A, B, C}) {
        if (bases_[matrix] == nullptr) continue;
        for (const auto& term : wireTerms_.of(wire, matrix)) {
          if (index++ < range.begin || index > range.end) continue;
          add(bases_[matrix] + term.constraint, split(wireTerms_.coefficient(term)));
        }
      }
      const bool isActive = terms_.size() > termsBefore;
      wires_.push_back({terms_.size(), units_.size(), isActive ? active_.size() : NONE});
      if (isActive) active_.push_back(wires_.size() - 1);
    }
  }

  void add(const Affine<F>* base, const Halves& coefficient) {
    const auto& [first, second] = coefficient;
    if (second.magnitude == 0 && first.magnitude <= 1) {
      if (first.magnitude == 1) units_.push_back({base, first.negative});
    } else {
      terms_.push_back({base, coefficient});
    }
  }

  void makeTable() {
    distinct_.clear();
    for (const Term& term : terms_) distinct_.push_back(term.base);
    std::sort(distinct_.begin(), distinct_.end());
    distinct_.erase(std::unique(distinct_.begin(), distinct_.end()), distinct_.end());
    for (Term& term : terms_) {
      const auto at = std::lower_bound(distinct_.begin(), distinct_.end(), term.base);
      term.entries = size_t(at - distinct_.begin()) * ENTRIES;
    }
    const size_t n = distinct_.size();
    table_.resize(n * ENTRIES);
    twice_.resize(n);
    for (size_t i = 0; i < n; i++) table_[i * ENTRIES] = *distinct_[i];
    const auto base = [&](size_t i) { return *distinct_[i]; };
    adder_.add(n, base, base, [&](size_t i, const Affine<F>& sum) { twice_[i] = sum; });
    for (size_t entry = 1; entry < ENTRIES; entry++) {
      adder_.add(
          n, [&](size_t i) { return table_[i * ENTRIES + entry - 1]; }, [&](size_t i) { return twice_[i]; },
          [&](size_t i, const Affine<F>& sum) { table_[i * ENTRIES + entry] = sum; });
    }
  }

  int8_t* digitsOf(int bit, int half) { return &digits_[(size_t(bit) * 2 + size_t(half)) * terms_.size()]; }

  void makeDigits() {
    digits_.assign(2 * BITS * terms_.size(), 0);
    for (size_t i = 0; i < terms_.size(); i++) {
      const auto& [first, second] = terms_[i].coefficient;
      makeDigits(i, 0, first);
      makeDigits(i, 1, second);
    }
  }

  void makeDigits(size_t term, int half, const Half& number) {
    u128 rest = number.magnitude;
    for (int bit = 0; rest != 0;) {
      const u64 low = u64(rest);
      const int zeros = low != 0 ? __builtin_ctzll(low) : 64;
      bit += zeros;
      rest >>= zeros;
      if (zeros == 64) continue;
      int digit = int(u64(rest) & ((1 << WIDTH) - 1));
      if (digit >= 1 << (WIDTH - 1)) digit -= 1 << WIDTH;
      rest -= u128(__int128(digit));
      digitsOf(bit, half)[term] = int8_t(number.negative ? -digit : digit);
    }
  }

  void addBit(int bit) {
    const size_t n = active_.size();
    const auto accumulator = [&](size_t i) { return accumulators_[i]; };
    adder_.add(n, accumulator, accumulator, [&](size_t i, const Affine<F>& sum) { accumulators_[i] = sum; });

    groups_.clear();
    for (const size_t wire : active_) {
      for (const int half : {0, 1}) {
        groups_.beginGroup();
        const int8_t* digits = digitsOf(bit, half);
        for (size_t i = wire > 0 ? wires_[wire - 1].terms : 0; i < wires_[wire].terms; i++) {
          const int digit = digits[i];
          if (digit == 0) continue;
          const Affine<F>& entry = table_[terms_[i].entries + size_t(digit > 0 ? digit : -digit) / 2];
          groups_.push(digit > 0 ? entry : -entry);
        }
      }
    }
    const auto& sums = groups_.sum();
    addToAccumulators([&](size_t i) { return sums[2 * i]; });
    addToAccumulators([&](size_t i) { return endomorphism(sums[2 * i + 1]); });
  }

  template <class Addend>
  void addToAccumulators(Addend addend) {
    adder_.add(
        active_.size(), [&](size_t i) { return accumulators_[i]; }, addend,
        [&](size_t i, const Affine<F>& sum) { accumulators_[i] = sum; });
  }

  void addUnits(Affine<F>* out) {
    groups_.clear();
    size_t at = 0;
    for (const Wire& wire : wires_) {
      groups_.beginGroup();
      if (wire.active != NONE) groups_.push(accumulators_[wire.active]);
      for (; at < wire.units; at++) groups_.push(units_[at].negative ? -*units_[at].base : *units_[at].base);
    }
    const auto& sums = groups_.sum();
    std::copy(sums.begin(), sums.end(), out);
  }

  static constexpr size_t NONE = ~size_t(0);

  const WireTerms& wireTerms_;
  const Bases<F> bases_;
  std::vector<Term> terms_;
  std::vector<Unit> units_;
  std::vector<Wire> wires_;
  std::vector<size_t> active_;
  std::vector<const Affine<F>*> distinct_;
  std::vector<Affine<F>> table_, twice_, accumulators_;
  std::vector<int8_t> digits_;
  GroupSums<F> groups_;
  BatchAdder<F> adder_;
};

/**
 * The sum of coefficient·base over the terms of each wire from `first` to before `last`, on all cores. Bases in
 * G2 must be of prime order. onDone(terms) is told how many were done, by any thread.
 */
template <class F, class OnDone>
std::vector<Affine<F>> sparseSums(const WireTerms& terms, const Bases<F>& bases, uint32_t first, uint32_t last, OnDone onDone) {
  /** Terms that share inversions: fewer waste time, more do not fit into a core's cache. */
  constexpr uint64_t RANGE = 8192;
  std::vector<WireRange> ranges;
  uint64_t inRange = RANGE;
  for (uint32_t wire = first; wire < last; wire++) {
    uint64_t count = 0;
    for (const Matrix matrix : {A, B, C}) count += bases[matrix] != nullptr ? terms.of(wire, matrix).size() : 0;
    if (count > RANGE) {
      for (uint64_t begin = 0; begin < count; begin += RANGE) ranges.push_back({wire, wire + 1, begin, begin + RANGE});
      inRange = RANGE;
    } else if (inRange + count + 1 > RANGE) {
      ranges.push_back({wire, wire + 1});
      inRange = count + 1;
    } else {
      ranges.back().last++;
      inRange += count + 1;
    }
  }

  std::vector<Affine<F>> sums(last - first, Affine<F>::infinity());
  std::vector<std::unique_ptr<RangeSums<F>>> workers(threadCount());
  std::mutex mutex;
  parallelFor(ranges.size(), 1, [&](size_t i, size_t) {
    const WireRange& range = ranges[i];
    auto& worker = workers[threadIndex()];
    if (!worker) worker = std::make_unique<RangeSums<F>>(terms, bases);
    if (range.begin == 0 && range.end == ~uint64_t(0)) {
      worker->sum(range, &sums[range.first - first]);
    } else {
      Affine<F> part;
      worker->sum(range, &part);
      const std::lock_guard lock(mutex);
      auto& sum = sums[range.first - first];
      auto both = XYZZ<F>::fromAffine(sum);
      sum = (both += part).toAffine();
    }
    onDone(worker->done());
  });
  return sums;
}

}  // namespace SHEAF_PATH
}  // namespace sheaf
