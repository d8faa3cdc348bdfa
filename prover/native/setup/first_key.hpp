// The first key of a ceremony's phase 2: from a circuit and powers of tau.
#pragma once
#include <string>

namespace sheaf {

/**
 * Writes the .zkey that `snarkjs groth16 setup` makes, byte for byte. It appears when it is complete, and is INSECURE until
 * somebody has contributed. Throws FILE_UNREADABLE, R1CS_MALFORMED, PTAU_MALFORMED, PTAU_TOO_SMALL, FILE_UNWRITABLE.
 */
void makeFirstKey(const std::string& r1csPath, const std::string& ptauPath, const std::string& keyPath);

}  // namespace sheaf
