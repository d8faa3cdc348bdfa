// The groups G1 (y² = x³ + 3 over Fq) and G2 (y² = x³ + 3/(9 + i) over Fq2) of BN254.
#pragma once
#include "fq2.hpp"

namespace sheaf {
inline namespace SHEAF_PATH {

/** The curve's constant b. */
template <class F>
F curveB();
template <>
inline Fq curveB<Fq>() {
  return Fq::fromU64(3);
}
template <>
inline Fq2 curveB<Fq2>() {
  return Fq2::fromU64(3) * Fq2{Fq::fromU64(9), Fq::one()}.inverse();
}

/** A point as .zkey files hold it; (0, 0), which is on neither curve, stands for infinity. */
template <class F>
struct Affine {
  F x, y;

  static constexpr Affine infinity() { return {F::zero(), F::zero()}; }
  bool isInfinity() const { return x.isZero() && y.isZero(); }
  /** Infinity counts as on the curve. */
  bool isOnCurve(const F& b) const { return isInfinity() || y.square() == x.square() * x + b; }
  bool isOnCurve() const { return isOnCurve(curveB<F>()); }
  Affine operator-() const { return {x, -y}; }
  friend bool operator==(const Affine& p, const Affine& q) { return p.x == q.x && p.y == q.y; }
};

/** x = X/ZZ, y = Y/ZZZ with ZZ³ = ZZZ²; ZZ = 0 is infinity. Formulas: https://hyperelliptic.org/EFD, shortw xyzz. */
template <class F>
struct XYZZ {
  F x, y, zz, zzz;

  static constexpr XYZZ infinity() { return {F::one(), F::one(), F::zero(), F::zero()}; }
  static XYZZ fromAffine(const Affine<F>& p) {
    return p.isInfinity() ? infinity() : XYZZ{p.x, p.y, F::one(), F::one()};
  }
  bool isInfinity() const { return zz.isZero(); }
  XYZZ operator-() const { return {x, -y, zz, zzz}; }

  XYZZ doubled() const {
    if (isInfinity()) return *this;
    const F u = y.twice(), v = u.square(), w = u * v, s = x * v, xx = x.square(), m = xx.twice() + xx;
    const F x3 = m.square() - s.twice();
    return {x3, m * (s - x3) - w * y, v * zz, w * zzz};
  }
  XYZZ& operator+=(const XYZZ& q) {
    if (q.isInfinity()) return *this;
    if (isInfinity()) return *this = q;
    const F u1 = x * q.zz, s1 = y * q.zzz, p = q.x * zz - u1, r = q.y * zzz - s1;
    if (p.isZero()) return *this = r.isZero() ? doubled() : infinity();
    return *this = sum(u1, s1, p, r, zz * q.zz, zzz * q.zzz);
  }
  XYZZ& operator+=(const Affine<F>& q) {
    if (q.isInfinity()) return *this;
    if (isInfinity()) return *this = fromAffine(q);
    const F p = q.x * zz - x, r = q.y * zzz - y;
    if (p.isZero()) return *this = r.isZero() ? doubled() : infinity();
    return *this = sum(x, y, p, r, zz, zzz);
  }
  friend XYZZ operator+(XYZZ p, const XYZZ& q) { return p += q; }

  Affine<F> toAffine() const {
    if (isInfinity()) return Affine<F>::infinity();
    const F zzzInverse = zzz.inverse(), z = zzzInverse * zz;  // z = 1/Z
    return {x * z.square(), y * zzzInverse};
  }

 private:
  static XYZZ sum(const F& u1, const F& s1, const F& p, const F& r, const F& zz, const F& zzz) {
    const F pp = p.square(), ppp = p * pp, q = u1 * pp, x3 = r.square() - ppp - q.twice();
    return {x3, r * (q - x3) - s1 * ppp, zz * pp, zzz * ppp};
  }
};

/** scalar·point by double and add; the scalar is a plain number. */
template <class F>
XYZZ<F> multiply(const XYZZ<F>& point, const Limbs& scalar) {
  XYZZ<F> result = XYZZ<F>::infinity();
  for (int i = 255; i >= 0; i--) {
    result = result.doubled();
    if ((scalar[i / 64] >> (i % 64)) & 1) result += point;
  }
  return result;
}

/** Points to affine ones with a single inversion. */
template <class F>
void toAffine(const XYZZ<F>* points, Affine<F>* out, size_t n) {
  std::vector<F> inverses(n);
  for (size_t i = 0; i < n; i++) inverses[i] = points[i].zzz;
  batchInverse(inverses.data(), n);
  for (size_t i = 0; i < n; i++) {
    const F z = inverses[i] * points[i].zz;
    out[i] = points[i].isInfinity() ? Affine<F>::infinity() : Affine<F>{points[i].x * z.square(), points[i].y * inverses[i]};
  }
}

using G1 = Affine<Fq>;
using G2 = Affine<Fq2>;

// As snarkjs' .zkey and .ptau files hold points: x before y, of a coordinate of G2 c0 before c1.
static_assert(sizeof(G1) == 64 && offsetof(G1, x) == 0 && offsetof(G1, y) == 32);
static_assert(sizeof(G2) == 128 && offsetof(G2, x) == 0 && offsetof(G2, y) == 64 && offsetof(Fq2, c1) == 32);
static_assert(std::is_trivially_copyable_v<G1> && std::is_standard_layout_v<G1>);
static_assert(std::is_trivially_copyable_v<G2> && std::is_standard_layout_v<G2>);

inline G1 generatorG1() { return {Fq::fromU64(1), Fq::fromU64(2)}; }
/** EIP-197's generator. */
inline G2 generatorG2() {
  constexpr Limbs x0{0x46debd5cd992f6ed, 0x674322d4f75edadd, 0x426a00665e5c4479, 0x1800deef121f1e76};
  constexpr Limbs x1{0x97e485b7aef312c2, 0xf1aa493335a9e712, 0x7260bfb731fb5d25, 0x198e9393920d483a};
  constexpr Limbs y0{0x4ce6cc0166fa7daa, 0xe3d1e7690c43d37b, 0x4aab71808dcb408f, 0x12c85ea5db8c6deb};
  constexpr Limbs y1{0x55acdadcd122975b, 0xbc4b313370b38ef3, 0xec9e99ad690c3395, 0x090689d0585ff075};
  return {{Fq::fromPlain(x0), Fq::fromPlain(x1)}, {Fq::fromPlain(y0), Fq::fromPlain(y1)}};
}

}  // namespace SHEAF_PATH
}  // namespace sheaf
