// A circuit's terms in the order of its wires.
#pragma once
#include <vector>
#include "setup/r1cs.hpp"

namespace sheaf {

/** The terms that a wire has in a matrix: where its column is not zero. */
class WireTerms {
 public:
  struct Term {
    uint32_t constraint;
    /** Where the coefficient lies in the circuit's file, in words of 4 bytes; ONE stands for the coefficient 1. */
    uint32_t place;
  };

  /** Besides the circuit's terms there are the rows of A that make public wires independent. Throws R1CS_MALFORMED. */
  explicit WireTerms(const R1cs& circuit);

  std::span<const Term> of(uint32_t wire, Matrix matrix) const {
    const size_t slot = size_t(3) * wire + matrix;
    return {&terms_[0] + starts_[slot], starts_[slot + 1] - starts_[slot]};
  }
  /** A plain number. */
  Limbs coefficient(const Term& term) const {
    if (term.place == ONE) return {1, 0, 0, 0};
    Limbs limbs;
    std::memcpy(limbs.data(), base_ + size_t(4) * term.place, sizeof limbs);
    return limbs;
  }

 private:
  static constexpr uint32_t ONE = ~uint32_t(0);

  const uint8_t* base_;
  std::vector<uint64_t> starts_;
  std::vector<Term> terms_;
};

}  // namespace sheaf
