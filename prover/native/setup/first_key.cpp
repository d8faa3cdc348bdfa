#include "setup/first_key.hpp"
#include "setup/key_writer.hpp"
#include "setup/progress.hpp"
#include "setup/sparse_sums.hpp"
#include "setup/tau_differences.hpp"

namespace sheaf {
namespace {

/** Writes and hashes points of one section after the other. */
class FirstKey {
 public:
  FirstKey(const R1cs& circuit, const PowersOfTau& ptau, const std::string& path)
      : circuit_(circuit), ptau_(ptau), terms_(circuit), key_(path), progress_(workOf(circuit)) {}

  void make() {
    progress_.begin("reading the powers of tau");
    header();
    key_.coefficients(circuit_);
    {
      const auto tau = lagrange<Fq>(PtauSection::LagrangeG1);
      const auto alphaTau = lagrange<Fq>(PtauSection::AlphaLagrangeG1);
      const auto betaTau = lagrange<Fq>(PtauSection::BetaLagrangeG1);
      const Bases<Fq> all{betaTau.data(), alphaTau.data(), tau.data()};
      const uint32_t firstPrivate = circuit_.publicSignals() + 1;
      progress_.begin("points of G1");
      sums<Fq>(KeySection::IC, all, 0, firstPrivate);
      pointsH();
      hashTauDifferences(hash_, ptau_, circuit_.domainSize());
      sums<Fq>(KeySection::PointsC, all, firstPrivate, circuit_.wires());
      sums<Fq>(KeySection::PointsA, {tau.data(), nullptr, nullptr}, 0, circuit_.wires());
      sums<Fq>(KeySection::PointsB1, {nullptr, tau.data(), nullptr}, 0, circuit_.wires());
    }
    progress_.begin("points of G2");
    const auto tau = lagrange<Fq2>(PtauSection::LagrangeG2);
    sums<Fq2>(KeySection::PointsB2, {nullptr, tau.data(), nullptr}, 0, circuit_.wires());
    key_.history(hash_.digest());
    progress_.begin("writing the key");
    key_.commit();
  }

 private:
  /** About how much longer a term in G2 takes. */
  static constexpr uint64_t COST_G2 = 3;

  static uint64_t workOf(const R1cs& circuit) {
    const auto& terms = circuit.terms();
    return 2 * terms[A] + (2 + COST_G2) * terms[B] + terms[C] + 3 * (circuit.publicSignals() + uint64_t(1));
  }

  template <class F>
  std::vector<Affine<F>> lagrange(PtauSection section) const {
    const size_t n = circuit_.domainSize();
    return ptau_.points<F>(section, n - 1, n);
  }

  void header() {
    const KeyPoints points{ptau_.points<Fq>(PtauSection::AlphaTauG1, 0, 1)[0],
                           ptau_.points<Fq>(PtauSection::BetaTauG1, 0, 1)[0],
                           ptau_.points<Fq2>(PtauSection::BetaG2, 0, 1)[0],
                           generatorG2(),
                           generatorG1(),
                           generatorG2()};
    key_.header(circuit_, points);
    hash_.points(&points.alpha1, 1);
    hash_.points(&points.beta1, 1);
    hash_.points(&points.beta2, 1);
    hash_.points(&points.gamma2, 1);
    hash_.points(&points.delta1, 1);
    hash_.points(&points.delta2, 1);
  }

  /** The odd Lagrange polynomials of the domain of twice the size: snarkjs evaluates the quotient there. */
  void pointsH() {
    const size_t n = circuit_.domainSize();
    auto points = ptau_.points<Fq>(PtauSection::LagrangeG1, 2 * n - 1, 2 * n);
    for (size_t i = 0; i < n; i++) points[i] = points[2 * i + 1];
    key_.points(KeySection::PointsH, points.data(), n);
  }

  template <class F>
  void sums(KeySection section, const Bases<F>& bases, uint32_t first, uint32_t last) {
    const uint64_t cost = sizeof(F) > sizeof(Fq) ? COST_G2 : 1;
    const auto points = sparseSums<F>(terms_, bases, first, last, [&](uint64_t terms) { progress_.add(cost * terms); });
    key_.points(section, points.data(), points.size());
    hash_.number(last - first);
    hash_.points(points.data(), points.size());
  }

  const R1cs& circuit_;
  const PowersOfTau& ptau_;
  const WireTerms terms_;
  KeyWriter key_;
  CircuitHash hash_;
  Progress progress_;
};

}  // namespace

void makeFirstKey(const std::string& r1csPath, const std::string& ptauPath, const std::string& keyPath) {
  const R1cs circuit(r1csPath);
  const PowersOfTau ptau(ptauPath);
  if (ptau.power() < circuit.domainPower()) {
    throw Error("PTAU_TOO_SMALL", ptauPath + " serves 2^" + std::to_string(ptau.power()) + " rows; the circuit has 2^" +
                                      std::to_string(circuit.domainPower()));
  }
  FirstKey(circuit, ptau, keyPath).make();
}

}  // namespace sheaf
