// The hash by which a ceremony's keys name their circuit and powers of tau.
#pragma once
#include "curve.hpp"
#include "setup/blake2b.hpp"

namespace sheaf {

/** BLAKE2b over numbers and points in the form that snarkjs calls uncompressed: big-endian, a coordinate of G2 c1 first. */
class CircuitHash {
 public:
  void number(uint32_t value);
  template <class F>
  void points(const Affine<F>* points, size_t n);
  std::array<uint8_t, 64> digest() { return hash_.digest(); }

 private:
  Blake2b hash_;
};

}  // namespace sheaf
