// Sums of multiples of points, of many wires at a time.
#pragma once
#include <array>
#include "glv.hpp"
#include "setup/terms.hpp"
#include "sums.hpp"

namespace sheaf {

/** The points that a matrix' constraints stand for; nullptr leaves the matrix out. */
template <class F>
using Bases = std::array<const Affine<F>*, 3>;

/** Some of the terms of consecutive wires: those from `begin` to `end`, counted over the matrices that have bases. */
struct WireRange {
  uint32_t first, last;
  uint64_t begin = 0, end = ~uint64_t(0);
};

/**
 * Straus' method: the sums of a range's wires are doubled together bit by bit, and odd multiples of the bases, which the
 * wires have in common, are added for the signed digits (width-w non-adjacent form) of the coefficients' halves. All
 * additions are affine ones in batches. An instance keeps its memory from range to range; it serves one thread.
 */
template <class F>
class RangeSums {
 public:
  RangeSums(const WireTerms& terms, const Bases<F>& bases) : wireTerms_(terms), bases_(bases) {}

  /** Writes the sum of coefficient·base over the terms of wire range.first + i to out[i]; returns the number of terms. */
  uint64_t sum(const WireRange& range, Affine<F>* out);

 private:
  static constexpr int WIDTH = 7;
  /** Odd multiples of a base: 1, 3, ..., 2^(WIDTH - 1) - 1. */
  static constexpr size_t ENTRIES = size_t(1) << (WIDTH - 2);
  /** Halves are below 2^127, and a signed digit carries into one place more. */
  static constexpr int BITS = 128;

  struct Term {
    const Affine<F>* base;
    Halves coefficient;
    /** The base's number among the different ones. */
    u32 number = 0;
  };
  /** A term with the coefficient 1 or -1, as most are that are not random. */
  struct Unit {
    const Affine<F>* base;
    bool negative;
  };
  struct Wire {
    size_t terms, units;
  };

  void collect(const WireRange& range);
  void add(const Affine<F>& base, Limbs coefficient);
  void numberBases();
  void makeTable();
  void makeDigits();
  void makeDigits(u32 entry, const u64 half[2]);
  void addBit(int bit);
  void addUnits(Affine<F>* out);
  void sumLists(size_t lists, Affine<F>* out);

  void push(size_t item) { items_.push_back(u32(item)); }
  void endList() { starts_.push_back(u32(items_.size())); }

  const WireTerms& wireTerms_;
  const Bases<F> bases_;
  std::vector<Term> terms_;
  std::vector<Unit> units_;
  /** Of each wire, and of those only that have terms besides units: how many have been collected up to its end. */
  std::vector<Wire> wires_, active_;
  std::vector<const Affine<F>*> distinct_;
  /** The table, one more point, and the active wires' sums as far as they have been computed. */
  std::vector<Affine<F>> points_, sums_;
  size_t extra_ = 0;
  /** Of each bit, the table's entries to be added, and how many there are up to the end of each active wire. */
  std::array<std::vector<u32>, BITS> digits_, ends_;
  std::vector<u32> items_, starts_;
  Summer<F> summer_;
};

extern template class RangeSums<Fq>;
extern template class RangeSums<Fq2>;

}  // namespace sheaf
