// Powers of tau, prepared for phase 2: snarkjs' .ptau file.
#pragma once
#include <atomic>
#include "curve.hpp"
#include "file.hpp"
#include "parallel.hpp"

namespace sheaf {

/** Numbers of the sections. The Lagrange ones hold, for each domain in ascending order, the domain's polynomials at tau. */
enum class PtauSection : uint32_t {
  Header = 1,
  TauG1,
  TauG2,
  AlphaTauG1,
  BetaTauG1,
  BetaG2,
  LagrangeG1 = 12,
  LagrangeG2,
  AlphaLagrangeG1,
  BetaLagrangeG1,
};

class PowersOfTau {
 public:
  /** Throws FILE_UNREADABLE; PTAU_MALFORMED if the file is damaged, of another curve or not prepared. */
  explicit PowersOfTau(const std::string& path);

  /** The file serves domains of up to 2^power(). */
  int power() const { return power_; }

  /**
   * Reads points. Throws PTAU_MALFORMED if one is not on the curve, or infinity: then tau would be a root of unity, and
   * everybody's guess.
   */
  template <class F>
  std::vector<Affine<F>> points(PtauSection section, size_t first, size_t n) const {
    const Bytes bytes = file_.section(uint32_t(section)).subspan(first * sizeof(Affine<F>), n * sizeof(Affine<F>));
    std::vector<Affine<F>> points(n);
    const F b = curveB<F>();
    std::atomic<bool> valid = true;
    parallelFor(n, 4096, [&](size_t begin, size_t end) {
      std::memcpy(&points[begin], &bytes[begin * sizeof(Affine<F>)], (end - begin) * sizeof(Affine<F>));
      for (size_t i = begin; i < end; i++) {
        const auto& [x, y] = points[i];
        if (!isReduced(x) || !isReduced(y) || points[i].isInfinity() || !points[i].isOnCurve(b)) valid = false;
      }
    });
    if (!valid) file_.fail("has a point in section " + std::to_string(uint32_t(section)) + " that is not on the curve");
    return points;
  }

  /** What lies in the file at a place that is counted in points of G1 from the beginning of a section, be it that section. */
  std::array<uint8_t, sizeof(G1)> bytesAt(PtauSection section, size_t place) const;

 private:
  static bool isReduced(const Fq& x) { return lessLimbs(x.v, Fq::MODULUS); }
  static bool isReduced(const Fq2& x) { return isReduced(x.c0) && isReduced(x.c1); }

  BinFile file_;
  int power_ = 0;
};

}  // namespace sheaf
