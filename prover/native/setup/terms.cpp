#include "setup/terms.hpp"

namespace sheaf {

WireTerms::WireTerms(const R1cs& circuit) : base_(circuit.chunks().empty() ? nullptr : circuit.chunks()[0].at) {
  const uint32_t rows = circuit.publicSignals() + 1;
  starts_.assign(size_t(3) * circuit.wires() + 1, 0);
  const auto forEachTerm = [&](auto visit) {
    for (const auto& chunk : circuit.chunks()) {
      R1cs::forEachRow(chunk, [&](uint32_t constraint, Matrix matrix, const Row& row) {
        for (uint32_t i = 0; i < row.size(); i++) {
          // Sections consist of words of 4 bytes.
          const size_t place = size_t(row.coefficientAt(i) - base_) / 4;
          visit(size_t(3) * row.wire(i) + matrix, Term{constraint, uint32_t(place)}, place);
        }
      });
    }
    for (uint32_t wire = 0; wire < rows; wire++) visit(size_t(3) * wire + A, Term{circuit.constraints() + wire, ONE}, 0);
  };
  forEachTerm([&](size_t slot, const Term&, size_t place) {
    if (place >= ONE) throw Error("R1CS_MALFORMED", "the circuit has more than 16 GiB of constraints");
    starts_[slot]++;
  });
  // Each slot's start becomes its end, and is counted down again as the slot is filled.
  for (size_t slot = 1; slot < starts_.size(); slot++) starts_[slot] += starts_[slot - 1];
  terms_.resize(starts_.back());
  forEachTerm([&](size_t slot, const Term& term, size_t) { terms_[--starts_[slot]] = term; });
}

}  // namespace sheaf
