#include "setup/range_sums.hpp"
#include <algorithm>

namespace sheaf {
namespace {

const G1& generator(Fq) {
  static const G1 point = generatorG1();
  return point;
}
const G2& generator(Fq2) {
  static const G2 point = generatorG2();
  return point;
}

/**
 * A point Q that no sum meets unless somebody chose it to: 2P is summed as (P + Q) + (P - Q), because batches double points
 * one by one.
 */
template <class F>
const Affine<F>& foreign() {
  static const Affine<F> point =
      multiply(XYZZ<F>::fromAffine(generator(F{})), {0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0}).toAffine();
  return point;
}

template <class F>
Affine<F> endomorphism(const Affine<F>& point) {
  static const Fq factor = endomorphismFactor<F>();
  return {point.x * factor, point.y};
}

}  // namespace

template <class F>
uint64_t RangeSums<F>::sum(const WireRange& range, Affine<F>* out) {
  collect(range);
  numberBases();
  makeTable();
  makeDigits();
  for (int bit = active_.empty() ? -1 : BITS - 1; bit >= 0; bit--) addBit(bit);
  addUnits(out);
  return terms_.size() + units_.size();
}

template <class F>
void RangeSums<F>::collect(const WireRange& range) {
  terms_.clear();
  units_.clear();
  wires_.clear();
  active_.clear();
  for (uint32_t wire = range.first; wire < range.last; wire++) {
    const size_t before = terms_.size();
    uint64_t index = 0;
    for (const Matrix matrix : {A, B, C}) {
      if (bases_[matrix] == nullptr) continue;
      for (const auto& term : wireTerms_.of(wire, matrix)) {
        const bool isWanted = index >= range.begin && index < range.end;
        if (isWanted) add(bases_[matrix][term.constraint], wireTerms_.coefficient(term));
        index++;
      }
    }
    wires_.push_back({terms_.size(), units_.size()});
    if (terms_.size() > before) active_.push_back(wires_.back());
  }
}

template <class F>
void RangeSums<F>::add(const Affine<F>& base, Limbs coefficient) {
  while (!lessLimbs(coefficient, Fr::MODULUS)) subLimbs(coefficient, Fr::MODULUS);
  Limbs opposite = Fr::MODULUS;
  subLimbs(opposite, coefficient);
  const bool negative = lessLimbs(opposite, coefficient);
  if (negative) coefficient = opposite;
  if (coefficient == Limbs{}) return;
  if (coefficient == Limbs{1}) {
    units_.push_back({&base, negative});
    return;
  }
  Halves halves = splitScalar(coefficient);
  if (negative) halves.k1[1] ^= SIGN, halves.k2[1] ^= SIGN;
  terms_.push_back({&base, halves});
}

template <class F>
void RangeSums<F>::numberBases() {
  distinct_.clear();
  for (const Term& term : terms_) distinct_.push_back(term.base);
  std::sort(distinct_.begin(), distinct_.end());
  distinct_.erase(std::unique(distinct_.begin(), distinct_.end()), distinct_.end());
  for (Term& term : terms_) {
    term.number = u32(std::lower_bound(distinct_.begin(), distinct_.end(), term.base) - distinct_.begin());
  }
}

/** For n bases: multiple 2i + 1 of base j is point i·n + j, and the endomorphism's of that is ENTRIES·n points further on. */
template <class F>
void RangeSums<F>::makeTable() {
  const size_t n = distinct_.size(), twice = ENTRIES * n;
  extra_ = 2 * ENTRIES * n;
  points_.assign(extra_ + 1 + active_.size(), Affine<F>::infinity());
  points_[extra_] = foreign<F>();
  for (size_t j = 0; j < n; j++) {
    points_[j] = *distinct_[j];
    push(j), push(extra_), push(j), push(extra_ | NEGATIVE);
    endList();
  }
  sumLists(n, &points_[twice]);
  for (size_t i = 1; i < ENTRIES; i++) {
    for (size_t j = 0; j < n; j++) {
      push((i - 1) * n + j), push(twice + j);
      endList();
    }
    sumLists(n, &points_[i * n]);
  }
  for (size_t i = 0; i < ENTRIES * n; i++) points_[twice + i] = endomorphism(points_[i]);
}

template <class F>
void RangeSums<F>::makeDigits() {
  const u32 n = u32(distinct_.size());
  for (int bit = 0; bit < BITS; bit++) digits_[bit].clear(), ends_[bit].clear();
  size_t at = 0;
  for (const Wire& wire : active_) {
    for (; at < wire.terms; at++) {
      makeDigits(terms_[at].number, terms_[at].coefficient.k1);
      makeDigits(terms_[at].number + u32(ENTRIES) * n, terms_[at].coefficient.k2);
    }
    for (int bit = 0; bit < BITS; bit++) ends_[bit].push_back(u32(digits_[bit].size()));
  }
}

/** @param entry the base itself in the table, or its image */
template <class F>
void RangeSums<F>::makeDigits(u32 entry, const u64 half[2]) {
  const u32 n = u32(distinct_.size());
  u128 rest = u128(half[1] & ~SIGN) << 64 | half[0];
  for (int bit = 0; rest != 0;) {
    const int zeros = u64(rest) != 0 ? __builtin_ctzll(u64(rest)) : 64;
    rest >>= zeros;
    bit += zeros;
    if (zeros == 64) continue;
    const u32 low = u32(rest) & ((1 << WIDTH) - 1);
    const bool negative = low >> (WIDTH - 1) != 0;
    const u32 size = negative ? (1 << WIDTH) - low : low;
    rest = negative ? rest + size : rest - size;
    digits_[bit].push_back((entry + size / 2 * n) | (negative != (half[1] >> 63 != 0) ? NEGATIVE : 0));
  }
}

template <class F>
void RangeSums<F>::addBit(int bit) {
  const auto& digits = digits_[bit];
  size_t at = 0;
  for (size_t i = 0; i < active_.size(); i++) {
    const size_t end = ends_[bit][i], sum = extra_ + 1 + i;
    if (!points_[sum].isInfinity()) {
      // The sum twice, each with a partner of its own.
      push(sum);
      push(at < end ? digits[at++] : extra_);
      push(sum);
      if (end == (i > 0 ? ends_[bit][i - 1] : 0)) push(extra_ | NEGATIVE);
    }
    items_.insert(items_.end(), digits.begin() + std::ptrdiff_t(at), digits.begin() + std::ptrdiff_t(end));
    at = end;
    endList();
  }
  sums_.resize(active_.size());
  sumLists(active_.size(), sums_.data());
  std::copy(sums_.begin(), sums_.end(), &points_[extra_ + 1]);
}

template <class F>
void RangeSums<F>::addUnits(Affine<F>* out) {
  size_t terms = 0, units = 0, active = 0;
  for (const Wire& wire : wires_) {
    if (wire.terms > terms) {
      const size_t sum = extra_ + 1 + active++;
      if (!points_[sum].isInfinity()) push(sum);
    }
    terms = wire.terms;
    for (; units < wire.units; units++) {
      push(points_.size() | (units_[units].negative ? NEGATIVE : 0));
      points_.push_back(*units_[units].base);
    }
    endList();
  }
  sumLists(wires_.size(), out);
  for (size_t i = 0; i < wires_.size(); i++) out[i] = {out[i].x.reducedOnce(), out[i].y.reducedOnce()};
}

/** Sums the lists that have been pushed, and forgets them. */
template <class F>
void RangeSums<F>::sumLists(size_t lists, Affine<F>* out) {
  starts_.insert(starts_.begin(), 0);
  if (lists > 0) summer_.sum(points_.data(), items_.data(), starts_.data(), lists, out);
  items_.clear();
  starts_.clear();
}

template class RangeSums<Fq>;
template class RangeSums<Fq2>;

}  // namespace sheaf
