// The inner loops, compiled once for each kind of processor and chosen when the program starts.
#pragma once
#include <cstddef>
#include <cstdint>

namespace sheaf {

/** The bit of an item that stands for the negative of the point that the others number. */
constexpr uint32_t NEGATIVE = uint32_t(1) << 31;

/**
 * Sums of pairs of affine points, none of them infinity: points[first[i]] + points[second[i]] to to[i]. Coordinates may
 * be up to 1.07 times the modulus, those of the results too.
 */
struct PairSums {
  const uint64_t* points;
  const uint32_t* first;
  const uint32_t* second;
  uint64_t* const* to;
  /** A multiple of 8, above 0; pairs that fill it up may repeat others. */
  size_t count;
  /** Room for `count` coordinates of 5 words, at a multiple of 64 bytes. */
  void* scratch;
};

struct Kernels {
  const char* name;
  /** False, with nothing written, if both points of a pair have the same x: then the slope is no quotient. */
  bool (*addPairsG1)(const PairSums&);
  bool (*addPairsG2)(const PairSums&);
};

/** Those of this processor, or of the path that the environment's SHEAF_NATIVE_PATH names. Throws NATIVE_UNAVAILABLE. */
const Kernels& kernels();

}  // namespace sheaf
