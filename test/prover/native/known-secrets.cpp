// Makes a development key from secrets on stdin: tau, alpha, beta, delta, 32 little-endian bytes each. For tests alone, which
// make the same key in another way; sheaf-setup takes no secrets.
#include <cstdio>
#include "setup/commands.hpp"
#include "setup/development.hpp"

int main(int argc, char** argv) {
  using namespace sheaf;
  const auto makeKey = [](const auto& paths) {
    Fr secrets[4];
    for (Fr& secret : secrets) {
      Limbs plain;
      if (std::fread(&plain, sizeof plain, 1, stdin) != 1) throw Error("USAGE", "stdin must be 128 bytes");
      secret = Fr::fromPlain(plain);
    }
    makeDevelopmentKey(paths[0], paths[1], {secrets[0], secrets[1], secrets[2], secrets[3]});
  };
  return runCommand(argc, argv, {{"development", {{"R1CS", "ZKEY"}, makeKey}}});
}
