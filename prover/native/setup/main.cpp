// sheaf-setup: makes proving keys. No command takes a secret.
#include "setup/commands.hpp"
#include "setup/development.hpp"
#include "setup/first_key.hpp"

int main(int argc, char** argv) {
  using namespace sheaf;
  return runCommand(
      argc, argv,
      {{"development", {{"R1CS", "ZKEY"}, [](const auto& paths) { makeDevelopmentKey(paths[0], paths[1], drawTrapdoor()); }}},
       {"groth16", {{"R1CS", "PTAU", "ZKEY"}, [](const auto& paths) { makeFirstKey(paths[0], paths[1], paths[2]); }}}});
}
