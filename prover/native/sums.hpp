// Sums of lists of points in affine coordinates, many lists at a time: neighbours in a list are added in pairs, then the
// results in pairs, and so on, with one inversion for all pairs of a round.
#pragma once
#include <span>
#include "curve.hpp"
#include "kernels.hpp"

namespace sheaf {

/** Memory that is not cleared, aligned for vectors. */
class Buffer {
 public:
  explicit Buffer(size_t bytes);
  ~Buffer();
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  template <class T>
  T* as() const {
    return static_cast<T*>(data_);
  }
  size_t size() const { return size_; }

 private:
  void* data_;
  size_t size_;
};

template <class F>
class Summer {
 public:
  Summer();

  /**
   * List i's items are items[starts[i]] to items[starts[i + 1] - 1]: numbers of points, with NEGATIVE for a point's negative.
   * No point is infinity. Its sum goes to sums[i]: infinity for an empty list.
   */
  void sum(const Affine<F>* points, const u32* items, const u32* starts, size_t lists, Affine<F>* sums);

 private:
  /** A list as far as it has been added up: `count` points from `start` on. */
  struct Run {
    u32 list, start, count;
  };

  void sumGroup(const Affine<F>* points, const u32* items, Affine<F>* sums);
  void sumLong(const Affine<F>* points, std::span<const u32> items, Affine<F>& sum);
  void addRound(const Affine<F>* points, size_t pairs);
  void addCarefully(const Affine<F>* points, size_t pairs);

  std::vector<Run> runs_;
  /** True once a sum of this group was infinity. */
  bool careful_ = false;
  Buffer first_, second_, to_, products_, results_[2];
};

extern template class Summer<Fq>;
extern template class Summer<Fq2>;

}  // namespace sheaf
