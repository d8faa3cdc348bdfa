// From A·w and B·w on a domain to A·B - C on its odd coset: the scalars of a key's section H.
#pragma once
#include <memory>
#include "sums.hpp"

namespace sheaf {

/** What depends on the domain's size, 2^power, alone. power <= 27. */
class Domain {
 public:
  explicit Domain(int power);
  size_t size() const { return size_t(1) << power_; }

  /**
   * `a` and `b`: values of A·w and B·w on the domain's 2^power points, in Montgomery form; `c` is room for as many.
   * Leaves in `a` the values of A·B - C on the odd points of the domain of twice the size, as plain numbers below 1.07
   * times the modulus, where C has degree below 2^power and equals A·B on the domain. `b` and `c` are used up.
   */
  void quotient(u64* a, u64* b, u64* c) const;

 private:
  void quotientByDefinition(u64* a, u64* b) const;
  int power_;
  Buffer tables_;
};

}  // namespace sheaf
