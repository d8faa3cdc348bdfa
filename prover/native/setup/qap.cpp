#include "setup/qap.hpp"
#include <algorithm>
#include "parallel.hpp"

namespace sheaf {
namespace {

constexpr size_t GRAIN = 4096;

/** The number in Montgomery form as a plain one, still in a field's limbs: products with others of its kind are plain. */
Fr plain(const Fr& x) { return Fr{x.toPlain()}; }

/**
 * factor·x / (tau - x) for the n elements x of a coset { shift·root^i }, in Montgomery form. With the factor below, these
 * are Lagrange polynomials at tau: of the coset's own elements, over the subgroup that contains the coset.
 */
std::vector<Fr> lagrange(const Fr& tau, const Fr& factor, const Fr& shift, const Fr& root, size_t n) {
  std::vector<Fr> values(n);
  parallelFor(n, GRAIN, [&](size_t begin, size_t end) {
    Fr x = shift * root.power(begin);
    std::vector<Fr> differences(end - begin);
    for (size_t i = begin; i < end; i++, x *= root) {
      values[i] = factor * x;
      differences[i - begin] = tau - x;
    }
    batchInverse(differences.data(), differences.size());
    for (size_t i = begin; i < end; i++) values[i] *= differences[i - begin];
  });
  return values;
}

/** (tau^n - 1) / n, the factor for the subgroup of order n. */
Fr lagrangeFactor(const Fr& tau, size_t n) { return (tau.power(n) - Fr::one()) * Fr::fromU64(n).inverse(); }

/** The sums of a matrix' columns, as plain numbers: L_c in Montgomery form times plain coefficients are plain. */
std::vector<Fr> columnSums(const R1cs& circuit, Matrix wanted, const std::vector<Fr>& lagrange) {
  std::vector<Fr> sums(circuit.wires(), Fr::zero());
  for (const auto& chunk : circuit.chunks()) {
    R1cs::forEachRow(chunk, [&](uint32_t constraint, Matrix matrix, const Row& row) {
      if (matrix != wanted) return;
      for (uint32_t i = 0; i < row.size(); i++) sums[row.wire(i)] += lagrange[constraint] * Fr{row.coefficient(i)};
    });
  }
  return sums;
}

}  // namespace

KeyScalars evaluateQap(const R1cs& circuit, const Trapdoor& trapdoor) {
  // References, not structured bindings: clang captures those in lambdas from version 16 on.
  const Fr &tau = trapdoor.tau, &alpha = trapdoor.alpha, &beta = trapdoor.beta;
  const int power = circuit.domainPower();
  const size_t n = circuit.domainSize();
  const Fr root = rootOfUnity(power), inverseDelta = trapdoor.delta.inverse();
  const uint32_t publicSignals = circuit.publicSignals();
  KeyScalars scalars;
  {
    const std::vector<Fr> L = lagrange(tau, lagrangeFactor(tau, n), Fr::one(), root, n);
    std::vector<Fr>* const sums[3] = {&scalars.A, &scalars.B, &scalars.K};
    parallelFor(3, 1, [&](size_t matrix, size_t) { *sums[matrix] = columnSums(circuit, Matrix(matrix), L); });
    for (uint32_t wire = 0; wire <= publicSignals; wire++) scalars.A[wire] += plain(L[circuit.constraints() + wire]);
  }
  parallelFor(circuit.wires(), GRAIN, [&](size_t begin, size_t end) {
    for (size_t wire = begin; wire < end; wire++) {
      scalars.K[wire] += beta * scalars.A[wire] + alpha * scalars.B[wire];
      if (wire > publicSignals) scalars.K[wire] *= inverseDelta;
    }
  });
  scalars.H = lagrange(tau, lagrangeFactor(tau, 2 * n) * inverseDelta, rootOfUnity(power + 1), root, n);
  parallelFor(n, GRAIN, [&](size_t begin, size_t end) { std::transform(&scalars.H[begin], &scalars.H[0] + end, &scalars.H[begin], plain); });
  return scalars;
}

}  // namespace sheaf
