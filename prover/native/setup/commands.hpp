// The command line of the setup executables.
#pragma once
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace sheaf {

struct SetupCommand {
  /** Names of the arguments, for messages. */
  std::vector<std::string> parameters;
  std::function<void(const std::vector<std::string>&)> run;
};

/**
 * Runs the command that the first argument names. Progress goes to stdout; a failure is a line {"error", "message"} on
 * stderr. Returns the process' exit code.
 */
int runCommand(int argc, char** argv, const std::map<std::string, SetupCommand>& commands);

}  // namespace sheaf
