// A proving key's file: snarkjs' .zkey of a Groth16 key.
#pragma once
#include <array>
#include "curve.hpp"
#include "file.hpp"
#include "setup/r1cs.hpp"

namespace sheaf {

/** Numbers of the sections; the parts have snarkjs' names. */
enum class KeySection : uint32_t { Protocol = 1, Header, IC, Coefficients, PointsA, PointsB1, PointsB2, PointsC, PointsH, History };

/** The key's single points. */
struct KeyPoints {
  G1 alpha1, beta1;
  G2 beta2, gamma2;
  G1 delta1;
  G2 delta2;
};
// The header's points, as snarkjs writes them.
static_assert(sizeof(KeyPoints) == 3 * sizeof(G1) + 3 * sizeof(G2) && offsetof(KeyPoints, beta2) == 128);
static_assert(offsetof(KeyPoints, gamma2) == 256 && offsetof(KeyPoints, delta1) == 384 && offsetof(KeyPoints, delta2) == 448);
static_assert(std::is_trivially_copyable_v<KeyPoints> && std::is_standard_layout_v<KeyPoints>);

/** Writes the sections in the order in which it is asked to. The file appears under its name with commit(). */
class KeyWriter {
 public:
  explicit KeyWriter(const std::string& path);
  void header(const R1cs& circuit, const KeyPoints& points);
  /**
   * The terms of A and B, then the public signals' rows of A. Coefficients are in Montgomery form twice over, so that the
   * prover's product with a plain witness is in it once.
   */
  void coefficients(const R1cs& circuit);
  template <class F>
  void points(KeySection section, const Affine<F>* points, size_t n) {
    begin(section, n * sizeof *points);
    file_.write(points, n * sizeof *points);
  }
  /** What the key was made from, and no contribution. */
  void history(const std::array<uint8_t, 64>& circuitHash);
  void commit() { file_.commit(); }

 private:
  void begin(KeySection section, uint64_t size);
  void number(uint32_t value) { file_.write(&value, sizeof value); }

  AtomicFile file_;
};

}  // namespace sheaf
