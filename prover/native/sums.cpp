#include "sums.hpp"
#include <algorithm>
#include <cstdlib>
#include <new>

namespace sheaf {
namespace {

/** Items of a group of lists: its memory shall stay in a core's second-level cache. */
template <class F>
constexpr size_t GROUP = sizeof(F) == 32 ? 8192 : 4096;

template <class F>
bool addPairs(const PairSums& work) {
  if constexpr (sizeof(F) == 32) return kernels().addPairsG1(work);
  else return kernels().addPairsG2(work);
}

/** A point, its coordinates fully reduced, which a kernel's need not be. */
template <class F>
Affine<F> pointOf(const Affine<F>* points, u32 item) {
  Affine<F> p;  // a key's points lie at any address
  std::memcpy(&p, points + (item & ~NEGATIVE), sizeof p);
  const Affine<F> reduced{p.x.reducedOnce(), p.y.reducedOnce()};
  return item & NEGATIVE ? -reduced : reduced;
}

}  // namespace

Buffer::Buffer(size_t bytes) : data_(std::aligned_alloc(64, (bytes + 63) / 64 * 64)), size_(bytes) {
  if (!data_ && bytes > 0) throw std::bad_alloc();
}
Buffer::~Buffer() { std::free(data_); }

template <class F>
Summer<F>::Summer()
    : first_(4 * (GROUP<F> / 2 + 8)),
      second_(4 * (GROUP<F> / 2 + 8)),
      to_(8 * (GROUP<F> / 2 + 8)),
      products_(sizeof(F) * 5 / 4 * (GROUP<F> / 2 + 8)),
      results_{Buffer(sizeof(Affine<F>) * GROUP<F>), Buffer(sizeof(Affine<F>) * GROUP<F> / 2)} {}

template <class F>
void Summer<F>::sum(const Affine<F>* points, const u32* items, const u32* starts, size_t lists, Affine<F>* sums) {
  size_t grouped = 0;
  runs_.clear();
  for (size_t i = 0; i < lists; i++) {
    const u32 start = starts[i], count = starts[i + 1] - start;
    if (count == 0) {
      sums[i] = Affine<F>::infinity();
    } else if (count == 1) {
      sums[i] = pointOf(points, items[start]);
    } else if (count > GROUP<F>) {
      sumLong(points, {items + start, count}, sums[i]);
    } else {
      if (grouped + count > GROUP<F>) {
        sumGroup(points, items, sums);
        grouped = 0;
      }
      runs_.push_back({u32(i), start, count});
      grouped += count;
    }
  }
  sumGroup(points, items, sums);
}

/** A list longer than a group: the sums of its parts are added. */
template <class F>
void Summer<F>::sumLong(const Affine<F>* points, std::span<const u32> items, Affine<F>& sum) {
  const std::vector<Run> waiting = std::move(runs_);
  std::vector<u32> starts;
  for (size_t at = 0; at < items.size(); at += GROUP<F>) starts.push_back(u32(at));
  const size_t parts = starts.size();
  starts.push_back(u32(items.size()));
  std::vector<Affine<F>> partial(parts);
  this->sum(points, items.data(), starts.data(), parts, partial.data());
  std::vector<u32> rest;
  for (u32 i = 0; i < parts; i++) {
    if (!partial[i].isInfinity()) rest.push_back(i);
  }
  const u32 ends[2] = {0, u32(rest.size())};
  this->sum(partial.data(), rest.data(), ends, 1, &sum);
  runs_ = waiting;
}

template <class F>
void Summer<F>::sumGroup(const Affine<F>* points, const u32* items, Affine<F>* sums) {
  u32 *first = first_.as<u32>(), *second = second_.as<u32>();
  auto to = to_.as<u64*>();
  careful_ = false;
  for (int round = 0; !runs_.empty(); round++) {
    auto results = results_[round % 2].template as<Affine<F>>();
    size_t pairs = 0, kept = 0;
    u32 next = 0;
    for (const Run run : runs_) {
      const u32 half = run.count / 2;
      const bool last = run.count == 2;
      for (u32 i = 0; i < half; i++, pairs++) {
        const u32 at = run.start + 2 * i;
        first[pairs] = round == 0 ? items[at] : at;
        second[pairs] = round == 0 ? items[at + 1] : at + 1;
        to[pairs] = (last ? sums[run.list] : results[next + i]).x.words();
      }
      if (last) continue;
      if (run.count % 2) {
        const u32 at = run.start + run.count - 1;
        results[next + half] = round == 0 ? pointOf(points, items[at]) : points[at];
      }
      const u32 left = half + run.count % 2;
      runs_[kept++] = {run.list, next, left};
      next += left;
    }
    addRound(points, pairs);
    runs_.resize(kept);
    points = results;
  }
}

template <class F>
void Summer<F>::addRound(const Affine<F>* points, size_t pairs) {
  u32 *first = first_.as<u32>(), *second = second_.as<u32>();
  auto to = to_.as<u64*>();
  const size_t count = (pairs + 7) / 8 * 8;
  for (size_t i = pairs; i < count; i++) first[i] = first[pairs - 1], second[i] = second[pairs - 1], to[i] = to[pairs - 1];
  const PairSums work{points->x.words(), first, second, to, count, products_.as<void>()};
  if (careful_ || !addPairs<F>(work)) addCarefully(points, pairs);
}

/** The same when points may be infinity or have equal x: such pairs are added one by one, the others as always. */
template <class F>
void Summer<F>::addCarefully(const Affine<F>* points, size_t pairs) {
  u32 *first = first_.as<u32>(), *second = second_.as<u32>();
  auto to = to_.as<u64*>();
  size_t kept = 0;
  for (size_t i = 0; i < pairs; i++) {
    const Affine<F> p = pointOf(points, first[i]), q = pointOf(points, second[i]);
    if (!p.isInfinity() && !q.isInfinity() && !(p.x == q.x)) {
      first[kept] = first[i], second[kept] = second[i], to[kept++] = to[i];
      continue;
    }
    XYZZ<F> sum = XYZZ<F>::fromAffine(p);
    sum += q;
    const Affine<F> result = sum.toAffine();
    if (result.isInfinity()) careful_ = true;
    std::memcpy(to[i], &result, sizeof result);
  }
  if (kept == 0) return;
  const size_t count = (kept + 7) / 8 * 8;
  for (size_t i = kept; i < count; i++) first[i] = first[kept - 1], second[i] = second[kept - 1], to[i] = to[kept - 1];
  addPairs<F>({points->x.words(), first, second, to, count, products_.as<void>()});
}

template class Summer<Fq>;
template class Summer<Fq2>;

}  // namespace sheaf
