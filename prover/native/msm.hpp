// Multi-scalar multiplication Σ kᵢ·Pᵢ by buckets: Pippenger's method with signed digits, scalars split in halves.
#pragma once
#include <memory>
#include "glv.hpp"
#include "sums.hpp"

namespace sheaf {

/** What a thread computes in; kept from task to task. */
template <class F>
struct MsmSpace {
  Summer<F> summer;
  std::vector<u32> items, starts, counts;
  std::vector<Affine<F>> sums, buckets;
};

/** A sum to be computed in tasks that may run in any order and at the same time, in threads of their own. */
class MsmJob {
 public:
  virtual ~MsmJob() = default;
  virtual size_t tasks() const = 0;
  virtual void run(size_t task) = 0;
};

template <class F>
class Msm : public MsmJob {
 public:
  /**
   * `items` are the numbers of points that are not infinity; scalars[i] belongs to points[i]. All must outlive this.
   * `spaces` holds one for each thread.
   */
  Msm(const Affine<F>* points, const Halves* scalars, const std::vector<u32>& items, std::vector<MsmSpace<F>>& spaces);

  size_t tasks() const override { return windows_ * parts_; }
  void run(size_t task) override;
  /** The sum, when all tasks have run. */
  XYZZ<F> result() const;

 private:
  struct Range {
    const u32 *begin, *end;
  };
  template <class Visit>
  void visitDigits(size_t window, Range range, Visit visit) const;
  XYZZ<F> weightedSum(MsmSpace<F>& space) const;
  void sortItems(size_t window, Range large, Range small, MsmSpace<F>& space) const;
  void joinHalves(MsmSpace<F>& space) const;

  const Affine<F>* points_;
  const Halves* scalars_;
  std::vector<MsmSpace<F>>& spaces_;
  /** Items whose scalars have digits in several windows, and those that have one in the lowest only. */
  std::vector<u32> large_, small_;
  size_t bits_, windows_, parts_;
  u128 offset_ = 0;
  std::vector<XYZZ<F>> results_;
};

extern template class Msm<Fq>;
extern template class Msm<Fq2>;

/** Splits n plain scalars below r, 4 words each, on all cores. `out` may be where they lie. */
void splitScalars(const u64* scalars, Halves* out, size_t n);

}  // namespace sheaf
