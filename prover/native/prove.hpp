// Groth16 proofs (https://eprint.iacr.org/2016/260) as snarkjs makes them.
#pragma once
#include <functional>
#include "key.hpp"

namespace sheaf {

struct Proof {
  G1 a, c;
  G2 b;
  /** Plain numbers. */
  std::vector<Limbs> publicSignals;
};

/** A witness: snarkjs' .wtns file. */
class Witness {
 public:
  /** Throws WITNESS_MALFORMED if it is no witness of the key's curve and length. */
  Witness(BinFile file, const Key& key);
  /** The values of all signals, 4 words each, below the modulus. */
  const u64* values() const { return values_; }

 private:
  BinFile file_;
  const u64* values_;
};

/** Called as each phase begins: "matrices", "quotient", "sums". */
using OnPhase = std::function<void(const char* phase)>;

/**
 * A proof with fresh blinding from the system's random source. Whether the witness satisfies the circuit shows only in
 * the proof: keys do not hold the matrix C.
 */
Proof prove(const Key& key, const Witness& witness, const OnPhase& onPhase);

/** The files that snarkjs writes: proof.json and public.json. */
std::string proofJson(const Proof& proof);
std::string publicJson(const Proof& proof);

}  // namespace sheaf
