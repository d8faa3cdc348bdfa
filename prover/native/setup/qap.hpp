// A circuit's quadratic arithmetic program at a secret point.
#pragma once
#include <vector>
#include "setup/r1cs.hpp"

namespace sheaf {

/** The secrets of a key ("toxic waste"): who knows them can prove anything. Gamma is 1, as in snarkjs' keys. */
struct Trapdoor {
  Fr tau, alpha, beta, delta;
};

/** What a key's points are the multiples by, as plain numbers in the fields' limbs. As secret as the trapdoor. */
struct KeyScalars {
  /** For each wire; K serves IC and, divided by delta, C. */
  std::vector<Fr> A, B, K;
  /** For each element of the domain. */
  std::vector<Fr> H;
};

/**
 * Evaluates the QAP at tau in the field (Groth, https://eprint.iacr.org/2016/260, section 3.2).
 *
 * With L_c the Lagrange polynomials of the domain, A_s is the sum of a_cs·L_c(tau) over the constraints c, B_s and C_s
 * likewise; K_s = beta·A_s + alpha·B_s + C_s, divided by delta for private wires. H are the odd Lagrange polynomials of the
 * domain of twice the size, at tau, divided by delta: snarkjs evaluates the quotient there.
 */
KeyScalars evaluateQap(const R1cs& circuit, const Trapdoor& trapdoor);

}  // namespace sheaf
