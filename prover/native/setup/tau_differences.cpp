#include "setup/tau_differences.hpp"
#include "sums.hpp"

namespace sheaf {
namespace {

constexpr size_t SNARKJS_BLOCK = 1 << 14;
constexpr size_t GRAIN = 4096;

/**
 * Arithmetic of ffjavascript's WASM. It is the field's as long as numbers are below the modulus; for others it differs from
 * `Field`, which need not have their carries.
 */
struct Unreduced {
  Limbs v;

  friend Unreduced operator+(Unreduced a, const Unreduced& b) {
    const bool carry = addLimbs(a.v, b.v) != 0;
    return a.reducedOnce(carry);
  }
  friend Unreduced operator-(Unreduced a, const Unreduced& b) {
    if (subLimbs(a.v, b.v) != 0) addLimbs(a.v, Fq::MODULUS);
    return a;
  }
  friend Unreduced operator*(const Unreduced& a, const Unreduced& b) {
    u64 t[6] = {};
    for (int i = 0; i < 4; i++) {
      addProduct(t, a.v, b.v[i]);
      addProduct(t, Fq::MODULUS, t[0] * Fq::N0);
      for (int j = 0; j < 5; j++) t[j] = t[j + 1];
      t[5] = 0;
    }
    return Unreduced{{t[0], t[1], t[2], t[3]}}.reducedOnce(t[4] != 0);
  }
  /** As an element of the field: the left factor of its product must be one already, and the right one need not. */
  Fq reduced() const { return Fq::one() * Fq{v}; }

 private:
  static void addProduct(u64 t[6], const Limbs& a, u64 b) {
    u64 carry = 0;
    for (int j = 0; j < 4; j++) {
      const u128 sum = u128(a[j]) * b + t[j] + carry;
      t[j] = u64(sum);
      carry = u64(sum >> 64);
    }
    const u128 sum = u128(t[4]) + carry;
    t[4] = u64(sum);
    t[5] += u64(sum >> 64);
  }
  Unreduced reducedOnce(bool carry) const {
    Unreduced out = *this;
    if (carry || !lessLimbs(v, Fq::MODULUS)) subLimbs(out.v, Fq::MODULUS);
    return out;
  }
};

/**
 * a - b as g1m_subAffine of wasmcurves computes it, for an `a` that is no point but 64 bytes of the file behind its section.
 * Formulas: madd-2007-bl of https://hyperelliptic.org/EFD with Z1 = 1.
 */
G1 differenceOfBytes(const std::array<uint8_t, sizeof(G1)>& a, const G1& b) {
  Unreduced x1, y1;
  std::memcpy(&x1, a.data(), sizeof x1);
  std::memcpy(&y1, a.data() + sizeof x1, sizeof y1);
  const Unreduced x2{b.x.v}, y2{(-b.y).v};
  const Unreduced h = x2 - x1, hh = h * h, twice = hh + hh, i = twice + twice, j = h * i;
  const Unreduced dy = y2 - y1, r = dy + dy, v = x1 * i, y1j = y1 * j;
  const Unreduced x3 = r * r - j - (v + v);
  const Unreduced y3 = (v - x3) * r - (y1j + y1j);
  const Fq inverse = (h + h).reduced().inverse(), square = inverse.square();
  return {x3.reduced() * square, y3.reduced() * square * inverse};
}

}  // namespace

void hashTauDifferences(CircuitHash& hash, const PowersOfTau& ptau, size_t domainSize) {
  const size_t count = domainSize > SNARKJS_BLOCK ? domainSize : domainSize - 1;
  const size_t inSection = (size_t(2) << ptau.power()) - 1;
  const size_t known = std::min(count, inSection - domainSize);
  const std::vector<G1> powers = ptau.points<Fq>(PtauSection::TauG1, 0, domainSize + known);
  std::vector<G1> differences(count);
  parallelFor(known, GRAIN, [&](size_t begin, size_t end) {
    std::vector<u32> items, starts{0};
    for (size_t i = begin; i < end; i++) {
      items.insert(items.end(), {u32(domainSize + i), u32(i) | NEGATIVE});
      starts.push_back(u32(items.size()));
    }
    Summer<Fq>().sum(powers.data(), items.data(), starts.data(), end - begin, &differences[begin]);
  });
  // A file for just this domain has one power too few: snarkjs then takes what follows in the file for a point.
  if (known < count) {
    differences[known] = differenceOfBytes(ptau.bytesAt(PtauSection::TauG1, domainSize + known), powers[known]);
  }
  hash.number(uint32_t(domainSize - 1));
  hash.points(differences.data(), count);
}

}  // namespace sheaf
