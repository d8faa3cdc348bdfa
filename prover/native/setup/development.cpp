#include "setup/development.hpp"
#include <string_view>
#include "random.hpp"
#include "setup/blake2b.hpp"
#include "setup/fixed_base.hpp"
#include "setup/key_writer.hpp"
#include "setup/progress.hpp"

namespace sheaf {
namespace {

/** Stands where a ceremony's key has the hash of its circuit and powers of tau; prover/setup/development-key.ts has it too. */
constexpr std::string_view DEVELOPMENT_MARK = "Sheaf INSECURE development setup";

/** About how much longer a product in a group takes than one in G1. */
template <class F>
constexpr uint64_t COST = sizeof(F) > sizeof(Fq) ? 3 : 1;

/** Neither 0 nor 1. */
Fr drawSecret() {
  for (;;) {
    const Fr secret = randomElement();
    if (!secret.isZero() && !(secret == Fr::one())) return secret;
  }
}

/** Multiplies a generator by the scalars of one section after the other. */
template <class F>
class Multiplier {
 public:
  Multiplier(const Affine<F>& generator, size_t count, Progress& progress) : base_(generator, count), progress_(progress) {}

  void write(KeyWriter& key, KeySection section, const Fr* scalars, size_t n) {
    points_.resize(n);
    base_.multiply(scalars, points_.data(), n, [&](size_t done) { progress_.add(COST<F> * done); });
    key.points(section, points_.data(), n);
  }
  Affine<F> one(const Fr& scalar) const {
    const Fr plain{scalar.toPlain()};
    Affine<F> point;
    base_.multiply(&plain, &point, 1, [](size_t) {});
    return point;
  }

 private:
  FixedBase<F> base_;
  Progress& progress_;
  std::vector<Affine<F>> points_;
};

}  // namespace

Trapdoor drawTrapdoor() { return {drawSecret(), drawSecret(), drawSecret(), drawSecret()}; }

void makeDevelopmentKey(const std::string& r1csPath, const std::string& keyPath, const Trapdoor& trapdoor) {
  const R1cs circuit(r1csPath);
  const size_t wires = circuit.wires(), privateFirst = circuit.publicSignals() + size_t(1);
  const size_t countG1 = 3 * wires + circuit.domainSize();
  // The first tenth is the circuit's evaluation and the coefficients.
  const uint64_t points = countG1 + COST<Fq2> * wires;
  Progress progress(points + points / 9);
  progress.begin("evaluating the circuit");
  const KeyScalars scalars = evaluateQap(circuit, trapdoor);
  progress.add(points / 18);
  KeyWriter key(keyPath);
  {
    Multiplier<Fq> g1(generatorG1(), countG1, progress);
    Multiplier<Fq2> g2(generatorG2(), wires, progress);
    const auto& [tau, alpha, beta, delta] = trapdoor;
    key.header(circuit, {g1.one(alpha), g1.one(beta), g2.one(beta), generatorG2(), g1.one(delta), g2.one(delta)});
    progress.begin("points of G1");
    g1.write(key, KeySection::IC, scalars.K.data(), privateFirst);
    key.coefficients(circuit);
    progress.add(points / 18);
    g1.write(key, KeySection::PointsA, scalars.A.data(), wires);
    g1.write(key, KeySection::PointsB1, scalars.B.data(), wires);
    progress.begin("points of G2");
    g2.write(key, KeySection::PointsB2, scalars.B.data(), wires);
    progress.begin("points of G1");
    g1.write(key, KeySection::PointsC, scalars.K.data() + privateFirst, wires - privateFirst);
    g1.write(key, KeySection::PointsH, scalars.H.data(), scalars.H.size());
  }
  Blake2b mark;
  mark.update(DEVELOPMENT_MARK.data(), DEVELOPMENT_MARK.size());
  key.history(mark.digest());
  progress.begin("writing the key");
  key.commit();
}

}  // namespace sheaf
