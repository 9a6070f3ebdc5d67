#pragma once

#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "app/command.h"
#include "app/console.h"

namespace tillstream {

/// A command line that asks for a command.
struct Invocation {
  Command* command = nullptr;
  CommonOptions common;
  LogLevel log_level = LogLevel::kInfo;
};

/// A command line that is answered by a text: --help, --version.
struct Answer {
  std::string text;
};

/// Parses the command line, the environment and the configuration file. kUsage, with "did you
/// mean" for names that do not exist.
Result<std::variant<Invocation, Answer>> ParseCommandLine(
    const std::vector<std::unique_ptr<Command>>& commands, int argc, const char* const* argv);

}  // namespace tillstream
