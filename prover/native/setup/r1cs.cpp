#include "setup/r1cs.hpp"
#include <bit>

namespace sheaf {
namespace {

constexpr uint32_t CHUNK = 1024;
/** The section with a label for each wire. */
constexpr uint32_t WIRE_MAP = 3;
/** The points H come from a domain of twice the size, and the field's largest has 2^28 elements. */
constexpr int MAX_DOMAIN_POWER = 27;

}  // namespace

R1cs::R1cs(const std::string& path) : file_(path, "r1cs", 1, "R1CS_MALFORMED") {
  readHeader();
  findChunks();
}

void R1cs::readHeader() {
  Cursor header = file_.cursor(1);
  if (header.left() != 64 || header.u32() != sizeof(Limbs)) file_.fail("is over a field of another size than BN254's");
  Limbs modulus;
  std::memcpy(modulus.data(), header.take(sizeof modulus).data(), sizeof modulus);
  if (modulus != Fr::MODULUS) file_.fail("is over another field than BN254's");
  wires_ = header.u32();
  const uint64_t publicSignals = uint64_t(header.u32()) + header.u32();
  header.take(4 + 8);  // private inputs, labels
  constraints_ = header.u32();
  if (publicSignals >= wires_) file_.fail("has more public signals than wires");
  publicSignals_ = uint32_t(publicSignals);
  const uint64_t rows = constraints_ + publicSignals;
  if (rows == 0) file_.fail("has neither constraints nor public signals");
  // The wires without constraints show in the map alone; memory for as many as a damaged number says is not there.
  if (file_.has(WIRE_MAP) && file_.section(WIRE_MAP).size() != wires_ * sizeof(uint64_t)) {
    file_.fail("has a map of other wires than it has");
  }
  domainPower_ = std::bit_width(rows);
  if (domainPower_ > MAX_DOMAIN_POWER) file_.fail("has more constraints than a domain over BN254's field can hold");
}

/** A wire out of range would write over other memory, so the file is checked once before it is used. */
void R1cs::findChunks() {
  Cursor cursor = file_.cursor(2);
  for (uint32_t constraint = 0; constraint < constraints_; constraint++) {
    if (constraint % CHUNK == 0) {
      chunks_.push_back({constraint, std::min(constraints_, constraint + CHUNK), cursor.take(0).data(), terms_[A] + terms_[B]});
    }
    for (const Matrix matrix : {A, B, C}) {
      const uint32_t size = cursor.u32();
      const Row row(cursor.take(size * Row::TERM_BYTES).data(), size);
      for (uint32_t i = 0; i < size; i++) {
        if (row.wire(i) >= wires_) file_.fail("has a constraint over a wire that there is not");
      }
      terms_[matrix] += size;
    }
  }
}

}  // namespace sheaf
