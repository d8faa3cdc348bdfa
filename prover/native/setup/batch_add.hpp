// Sums of many pairs of affine points with one inversion for all.
#pragma once
#include "curve.hpp"

namespace sheaf {
inline namespace SHEAF_PATH {

/**
 * Montgomery's trick makes a sum cost six multiplications, where a mixed addition in projective coordinates takes ten, and
 * its result is affine. Complete: infinity, equal and opposite points are summed rightly.
 */
template <class F>
class BatchAdder {
 public:
  /**
   * Computes left(i) + right(i) for each i < count, and hands the sums to out(i, sum) in ascending order. The operands are
   * asked for twice; `out` may overwrite those of sums up to i.
   */
  template <class Left, class Right, class Out>
  void add(size_t count, Left left, Right right, Out out) {
    if (inverses_.size() < count) inverses_.resize(count), products_.resize(count);
    F product = F::one();
    for (size_t i = 0; i < count; i++) {
      products_[i] = product;
      inverses_[i] = denominator(left(i), right(i));
      product *= inverses_[i];
    }
    F inverse = product.inverse();
    for (size_t i = count; i-- > 0;) {
      const F next = inverse * inverses_[i];
      inverses_[i] = inverse * products_[i];
      inverse = next;
    }
    for (size_t i = 0; i < count; i++) out(i, sum(left(i), right(i), inverses_[i]));
  }

 private:
  /** The slope's denominator; 1 where the sum needs no slope, so that the product of all is never 0. */
  static F denominator(const Affine<F>& a, const Affine<F>& b) {
    if (a.isInfinity() || b.isInfinity()) return F::one();
    if (!(a.x == b.x)) return b.x - a.x;
    return a.y == b.y && !a.y.isZero() ? a.y.twice() : F::one();
  }

  static Affine<F> sum(const Affine<F>& a, const Affine<F>& b, const F& inverse) {
    if (a.isInfinity()) return b;
    if (b.isInfinity()) return a;
    F rise = b.y - a.y;
    if (a.x == b.x) {
      if (!(a.y == b.y) || a.y.isZero()) return Affine<F>::infinity();
      const F square = a.x.square();
      rise = square.twice() + square;
    }
    const F slope = rise * inverse;
    const F x = slope.square() - a.x - b.x;
    return {x, slope * (a.x - x) - a.y};
  }

  std::vector<F> inverses_, products_;
};

}  // namespace SHEAF_PATH
}  // namespace sheaf
