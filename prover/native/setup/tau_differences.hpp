// What snarkjs hashes of a key's points H.
#pragma once
#include "setup/circuit_hash.hpp"
#include "setup/powers_of_tau.hpp"

namespace sheaf {

/**
 * Hashes their number and tau^(n + i)·G - tau^i·G for a domain of n elements, as hashHPoints of snarkjs' zkey_new.js does
 * it: of n - 1 of them, but of n if n is above 2^14, because it reads whole blocks of 2^14.
 */
void hashTauDifferences(CircuitHash& hash, const PowersOfTau& ptau, size_t domainSize);

}  // namespace sheaf
