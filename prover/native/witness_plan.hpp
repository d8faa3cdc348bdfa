// A plan: straight-line code that computes a circuit's witness from its inputs. prover/witness makes it; docs/witness.md
// says what it holds. Everything in it is checked when it is loaded: its code reads and writes nothing out of bounds.
#pragma once
#include <span>
#include <string>
#include <vector>
#include "field.hpp"
#include "file.hpp"

namespace sheaf {

enum class Opcode : u32 { end, copy, multiply, sum, check, divide, equal, select, bits, lookup, call };

/** Where an operand lies: in its two highest bits which of these, in the others where there. */
enum Place : u32 { CONSTANT, REGISTER, SIGNAL };
constexpr u32 PLACE_SHIFT = 30;
constexpr u32 PLACE_MASK = (u32(1) << PLACE_SHIFT) - 1;

/** The counts of a sum: products, products taken away, terms, terms taken away; a byte each. */
struct Counts {
  u32 products, negatives, plus, minus;
  explicit constexpr Counts(u32 word) : products(word & 255), negatives(word >> 8 & 255), plus(word >> 16 & 255), minus(word >> 24) {}
  constexpr size_t operands() const { return 2 * size_t(products + negatives) + plus + minus; }
};
/** So many products stay below 2^512, and their sum, reduced, below 5 times the modulus. */
constexpr u32 MOST_PRODUCTS = 16;
/** Values that a lookup can choose from. */
constexpr u32 MOST_VALUES = 8;

/** One phase of a template. */
struct Program {
  std::span<const u32> code;
  u32 registers;
  /** Signals of the component. */
  u32 size;
};

class Plan {
 public:
  /** Throws ARTIFACT_CORRUPT if it is no plan, or one that would not keep within its bounds. */
  explicit Plan(const std::string& path);

  std::vector<Program> programs;
  std::vector<Fr> constants;
  /** The signal of each wire. */
  std::span<const u32> witness;
  /** Signals in all, the constant 1 first; then main's outputs, its inputs, and the rest. */
  u32 signals, outputs, inputs;

 private:
  void check(size_t program) const;
  BinFile file_;
};

}  // namespace sheaf
