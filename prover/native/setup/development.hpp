// A development key: from a circuit and a trapdoor, without powers of tau.
#pragma once
#include <string>
#include "setup/qap.hpp"

namespace sheaf {

/** Draws a trapdoor from the system's random source: each secret is uniform in [2, r), so that no parts of a key coincide. */
Trapdoor drawTrapdoor();

/**
 * Writes a .zkey, marked as a development key, that appears when it is complete. INSECURE: who knows the trapdoor can forge
 * proofs. Throws FILE_UNREADABLE, R1CS_MALFORMED, FILE_UNWRITABLE.
 */
void makeDevelopmentKey(const std::string& r1csPath, const std::string& keyPath, const Trapdoor& trapdoor);

}  // namespace sheaf
