// sheaf-setup: makes proving keys. No command takes a secret.
#include "setup/commands.hpp"
#include "setup/development.hpp"

int main(int argc, char** argv) {
  using namespace sheaf;
  return runCommand(argc, argv,
                    {{"development", {{"R1CS", "ZKEY"}, [](const auto& paths) { makeDevelopmentKey(paths[0], paths[1], drawTrapdoor()); }}}});
}
