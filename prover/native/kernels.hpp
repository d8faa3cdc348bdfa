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

/** Entries of the matrices A (0) and B (1): u32 matrix, row and signal, then the coefficient times R² in 4 words. */
struct SparseProduct {
  static constexpr size_t ENTRY_BYTES = 44;
  const uint8_t* entries;
  size_t count;
  /** Plain numbers below the modulus. */
  const uint64_t* witness;
  /** Rows of A·w and of B·w in Montgomery form, which the products are added to. */
  uint64_t* values[2];
};

/** Rows of a domain's matrix in `quotient.cpp`, and elements of a row: of 2^power elements, power >= 6. */
constexpr size_t fftRows(int power) { return size_t(1) << (power + 1) / 2; }
constexpr size_t fftColumns(int power) { return size_t(1) << power / 2; }
/** Bytes that a pass needs, at a multiple of 64. */
constexpr size_t fftScratchBytes(int power) { return 3 * fftRows(power) * 320; }

struct Kernels {
  const char* name;
  /** False, with nothing written, if both points of a pair have the same x: then the slope is no quotient. */
  bool (*addPairsG1)(const PairSums&);
  bool (*addPairsG2)(const PairSums&);
  void (*addSparse)(const SparseProduct&);
  size_t (*fftTableBytes)(int power);
  void (*fillFftTables)(int power, void* tables);
  /** The passes of `quotient.cpp`, over 8 columns, 8 rows, 8 columns of three matrices. */
  void (*columnsDown)(const void* tables, uint64_t* const data[3], size_t block, void* scratch);
  void (*rowsThrough)(const void* tables, uint64_t* const data[3], size_t block, void* scratch);
  void (*columnsUp)(const void* tables, uint64_t* const data[3], size_t block, void* scratch);
};

/** Those of this processor, or of the path that the environment's SHEAF_NATIVE_PATH names. Throws NATIVE_UNAVAILABLE. */
const Kernels& kernels();

}  // namespace sheaf
