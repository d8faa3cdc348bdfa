// A Groth16 proving key: snarkjs' .zkey file, mapped into memory, checked, and made ready for proving.
#pragma once
#include "file.hpp"
#include "msm.hpp"
#include "quotient.hpp"

namespace sheaf {

/** Points of a section of the key, and the numbers of those that are not infinity. */
template <class F>
struct KeyPoints {
  const Affine<F>* points;
  std::vector<u32> items;
  Bytes bytes;
};

class Key {
 public:
  /**
   * Throws FILE_UNREADABLE, and KEY_MALFORMED if the file is no Groth16 key over BN254 or is damaged: sections missing or
   * of the wrong length, coordinates or coefficients not reduced, points off the curve, entries out of range.
   */
  explicit Key(const std::string& path);

  u32 signals, publicSignals;
  G1 alpha1, beta1, delta1;
  G2 beta2, delta2;
  KeyPoints<Fq> a, b1, c, h;
  KeyPoints<Fq2> b2;
  std::unique_ptr<Domain> domain;

  /** Entries of the matrices, cut where a row ends: chunk i from entry chunks[i] to chunks[i + 1] - 1. */
  const uint8_t* entries;
  std::vector<size_t> chunks;
  Bytes entryBytes;

  /** Takes pages of a large key out of memory until they are needed again. */
  void release(Bytes bytes) const;

 private:
  void readHeader();
  void readEntries();
  template <class F>
  KeyPoints<F> readPoints(u32 section, size_t count);

  BinFile file_;
};

}  // namespace sheaf
