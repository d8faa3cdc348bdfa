#include "setup/key_writer.hpp"
#include "kernels.hpp"
#include "parallel.hpp"

namespace sheaf {
namespace {

constexpr size_t ENTRY_BYTES = SparseProduct::ENTRY_BYTES;
static_assert(ENTRY_BYTES == 3 * sizeof(uint32_t) + sizeof(Fr));
/** Chunks of the circuit that are held in memory at once. */
constexpr size_t CHUNKS = 64;

uint8_t* putEntry(uint8_t* at, uint32_t matrix, uint32_t constraint, uint32_t wire, const Limbs& coefficient) {
  const uint32_t numbers[3] = {matrix, constraint, wire};
  const Fr twice = Fr::fromPlain(Fr::fromPlain(coefficient).v);
  std::memcpy(at, numbers, sizeof numbers);
  std::memcpy(at + sizeof numbers, &twice, sizeof twice);
  return at + ENTRY_BYTES;
}

}  // namespace

KeyWriter::KeyWriter(const std::string& path) : file_(path) {
  file_.write("zkey", 4);
  number(1);
  number(10);
  begin(KeySection::Protocol, 4);
  number(1);  // Groth16
}

void KeyWriter::begin(KeySection section, uint64_t size) {
  number(uint32_t(section));
  file_.write(&size, sizeof size);
}

void KeyWriter::header(const R1cs& circuit, const KeyPoints& points) {
  begin(KeySection::Header, 2 * (4 + sizeof(Limbs)) + 12 + sizeof points);
  number(sizeof(Limbs));
  file_.write(&Fq::MODULUS, sizeof(Limbs));
  number(sizeof(Limbs));
  file_.write(&Fr::MODULUS, sizeof(Limbs));
  number(circuit.wires());
  number(circuit.publicSignals());
  number(uint32_t(circuit.domainSize()));
  file_.write(&points, sizeof points);
}

void KeyWriter::coefficients(const R1cs& circuit) {
  const auto& chunks = circuit.chunks();
  const uint64_t terms = circuit.terms()[A] + circuit.terms()[B], rows = circuit.publicSignals() + uint64_t(1);
  begin(KeySection::Coefficients, 4 + (terms + rows) * ENTRY_BYTES);
  number(uint32_t(terms + rows));

  std::vector<uint8_t> buffer;
  for (size_t first = 0; first < chunks.size(); first += CHUNKS) {
    const size_t last = std::min(chunks.size(), first + CHUNKS);
    const uint64_t start = chunks[first].entries, end = last < chunks.size() ? chunks[last].entries : terms;
    buffer.resize((end - start) * ENTRY_BYTES);
    parallelFor(last - first, 1, [&](size_t i, size_t) {
      uint8_t* at = buffer.data() + (chunks[first + i].entries - start) * ENTRY_BYTES;
      R1cs::forEachRow(chunks[first + i], [&](uint32_t constraint, Matrix matrix, const Row& row) {
        if (matrix == C) return;
        for (uint32_t j = 0; j < row.size(); j++) at = putEntry(at, matrix, constraint, row.wire(j), row.coefficient(j));
      });
    });
    file_.write(buffer.data(), buffer.size());
  }
  buffer.resize(rows * ENTRY_BYTES);
  uint8_t* at = buffer.data();
  for (uint32_t wire = 0; wire < rows; wire++) at = putEntry(at, A, circuit.constraints() + wire, wire, {1, 0, 0, 0});
  file_.write(buffer.data(), buffer.size());
}

void KeyWriter::history(const std::array<uint8_t, 64>& circuitHash) {
  begin(KeySection::History, circuitHash.size() + 4);
  file_.write(circuitHash.data(), circuitHash.size());
  number(0);
}

}  // namespace sheaf
