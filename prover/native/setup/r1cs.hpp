// A circuit's constraints, read where they lie in circom's .r1cs file.
#pragma once
#include <array>
#include <cstring>
#include <vector>
#include "field.hpp"
#include "file.hpp"

namespace sheaf {

/** One linear combination of a constraint: terms of a wire and a coefficient. */
class Row {
 public:
  static constexpr size_t TERM_BYTES = 4 + sizeof(Limbs);

  Row(const uint8_t* at, uint32_t size) : at_(at), size_(size) {}
  uint32_t size() const { return size_; }
  uint32_t wire(uint32_t i) const {
    uint32_t wire;
    std::memcpy(&wire, at_ + i * TERM_BYTES, sizeof wire);
    return wire;
  }
  /** Where the coefficient lies: 32 bytes, little-endian, a plain number. */
  const uint8_t* coefficientAt(uint32_t i) const { return at_ + i * TERM_BYTES + 4; }
  Limbs coefficient(uint32_t i) const {
    Limbs limbs;
    std::memcpy(limbs.data(), coefficientAt(i), sizeof limbs);
    return limbs;
  }

 private:
  const uint8_t* at_;
  uint32_t size_;
};

// As circom writes a term: u32 wire, then the coefficient in 32 bytes.
static_assert(Row::TERM_BYTES == 36);

/** The three linear combinations of a constraint. */
enum Matrix : uint8_t { A, B, C };

class R1cs {
 public:
  /** Consecutive constraints, to be worked on by one thread. */
  struct Chunk {
    uint32_t first, last;
    /** Where the first constraint lies. */
    const uint8_t* at;
    /** Terms of A and of B in all chunks before. */
    uint64_t entries;
  };

  /** Throws FILE_UNREADABLE; R1CS_MALFORMED if the file is damaged, or over another field, or too large for it. */
  explicit R1cs(const std::string& path);

  uint32_t wires() const { return wires_; }
  /** Outputs and public inputs; they are wires 1 to publicSignals(). */
  uint32_t publicSignals() const { return publicSignals_; }
  uint32_t constraints() const { return constraints_; }
  /**
   * The domain has 2^domainPower() elements: one for each constraint, the constant, and each public signal, which make the
   * public wires' polynomials independent.
   */
  int domainPower() const { return domainPower_; }
  size_t domainSize() const { return size_t(1) << domainPower_; }
  const std::vector<Chunk>& chunks() const { return chunks_; }
  /** Terms of each matrix. */
  const std::array<uint64_t, 3>& terms() const { return terms_; }

  /** Calls f(constraint, matrix, row) for each row of a chunk: constraint by constraint, A, B, C. */
  template <class F>
  static void forEachRow(const Chunk& chunk, F f) {
    const uint8_t* at = chunk.at;
    for (uint32_t constraint = chunk.first; constraint < chunk.last; constraint++) {
      for (const Matrix matrix : {A, B, C}) {
        uint32_t size;
        std::memcpy(&size, at, sizeof size);
        f(constraint, matrix, Row(at + sizeof size, size));
        at += sizeof size + size * Row::TERM_BYTES;
      }
    }
  }

 private:
  void readHeader();
  void findChunks();

  BinFile file_;
  uint32_t wires_ = 0, publicSignals_ = 0, constraints_ = 0;
  int domainPower_ = 0;
  std::vector<Chunk> chunks_;
  std::array<uint64_t, 3> terms_{};
};

}  // namespace sheaf
