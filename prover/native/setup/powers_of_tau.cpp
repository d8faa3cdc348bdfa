#include "setup/powers_of_tau.hpp"

namespace sheaf {

/** As checkPowersOfTau in prover/setup/powers-of-tau.ts. */
PowersOfTau::PowersOfTau(const std::string& path) : file_(path, "ptau", 1, "PTAU_MALFORMED") {
  Cursor header = file_.cursor(uint32_t(PtauSection::Header));
  if (header.left() != 44) file_.fail("is no powers-of-tau file over BN254");
  header.u32();
  if (std::memcmp(header.take(sizeof(Limbs)).data(), &Fq::MODULUS, sizeof(Limbs)) != 0) file_.fail("is for another curve than BN254");
  const uint32_t power = header.u32();
  if (power > 28) file_.fail("has an impossible power, " + std::to_string(power));
  if (!file_.has(uint32_t(PtauSection::LagrangeG1))) file_.fail("is not prepared for phase 2 (snarkjs powersoftau prepare phase2)");
  power_ = int(power);
  const size_t n = size_t(1) << power;
  const std::pair<PtauSection, size_t> sizes[] = {
      {PtauSection::TauG1, (2 * n - 1) * sizeof(G1)},           {PtauSection::TauG2, n * sizeof(G2)},
      {PtauSection::AlphaTauG1, n * sizeof(G1)},                {PtauSection::BetaTauG1, n * sizeof(G1)},
      {PtauSection::BetaG2, sizeof(G2)},                        {PtauSection::LagrangeG1, (4 * n - 1) * sizeof(G1)},
      {PtauSection::LagrangeG2, (2 * n - 1) * sizeof(G2)},      {PtauSection::AlphaLagrangeG1, (2 * n - 1) * sizeof(G1)},
      {PtauSection::BetaLagrangeG1, (2 * n - 1) * sizeof(G1)},
  };
  for (const auto& [section, size] : sizes) {
    if (file_.section(uint32_t(section)).size() != size) {
      file_.fail("has no section " + std::to_string(uint32_t(section)) + " of " + std::to_string(size) + " bytes");
    }
  }
}

std::array<uint8_t, sizeof(G1)> PowersOfTau::bytesAt(PtauSection section, size_t place) const {
  const Bytes rest = file_.from(uint32_t(section));
  if (rest.size() < (place + 1) * sizeof(G1)) file_.fail("ends too early");
  std::array<uint8_t, sizeof(G1)> bytes;
  std::memcpy(bytes.data(), &rest[place * sizeof(G1)], sizeof bytes);
  return bytes;
}

}  // namespace sheaf
