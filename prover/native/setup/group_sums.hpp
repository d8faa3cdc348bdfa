// Sums of groups of points.
#pragma once
#include "setup/batch_add.hpp"

namespace sheaf {
inline namespace SHEAF_PATH {

/** Groups of points, laid one after the other and then summed, all groups level by level of a binary tree. */
template <class F>
class GroupSums {
 public:
  void clear() {
    points_.clear();
    sizes_.clear();
  }
  void beginGroup() { sizes_.push_back(0); }
  void push(const Affine<F>& point) {
    points_.push_back(point);
    sizes_.back()++;
  }

  /** The sum of each group; infinity for an empty one. */
  const std::vector<Affine<F>>& sum() {
    while (nextLevel()) {
      next_.resize(length_);
      adder_.add(
          pairs_.size(), [&](size_t i) { return points_[pairs_[i].from]; }, [&](size_t i) { return points_[pairs_[i].from + 1]; },
          [&](size_t i, const Affine<F>& sum) { next_[pairs_[i].to] = sum; });
      for (const auto& [from, to] : singles_) next_[to] = points_[from];
      std::swap(points_, next_);
    }
    sums_.clear();
    size_t at = 0;
    for (const size_t size : sizes_) sums_.push_back(size > 0 ? points_[at++] : Affine<F>::infinity());
    return sums_;
  }

 private:
  struct Move {
    size_t from, to;
  };

  /** Pairs up what is left of each group; false if nothing is to be added any more. */
  bool nextLevel() {
    pairs_.clear();
    singles_.clear();
    length_ = 0;
    size_t at = 0;
    for (size_t& size : sizes_) {
      const size_t end = at + size;
      for (; at + 1 < end; at += 2) pairs_.push_back({at, length_++});
      if (at < end) singles_.push_back({at++, length_++});
      size = (size + 1) / 2;
    }
    return !pairs_.empty();
  }

  std::vector<Affine<F>> points_, next_, sums_;
  std::vector<size_t> sizes_;
  std::vector<Move> pairs_, singles_;
  size_t length_ = 0;
  BatchAdder<F> adder_;
};

}  // namespace SHEAF_PATH
}  // namespace sheaf
