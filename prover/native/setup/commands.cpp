#include "setup/commands.hpp"
#include "error.hpp"
#include "setup/secrecy.hpp"

namespace sheaf {
namespace {

void run(const std::vector<std::string>& words, const std::map<std::string, SetupCommand>& commands) {
  const auto found = words.empty() ? commands.end() : commands.find(words[0]);
  if (found == commands.end()) throw Error("USAGE", "name a command");
  const auto& [parameters, action] = found->second;
  if (words.size() != parameters.size() + 1) {
    std::string usage = words[0];
    for (const auto& parameter : parameters) usage += " " + parameter;
    throw Error("USAGE", usage);
  }
  action({words.begin() + 1, words.end()});
}

}  // namespace

int runCommand(int argc, char** argv, const std::map<std::string, SetupCommand>& commands) {
  keepMemorySecret();
  return runProgram([&] { run({argv + 1, argv + argc}, commands); });
}

}  // namespace sheaf
