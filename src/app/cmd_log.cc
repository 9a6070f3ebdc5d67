#include "app/command.h"
namespace tillstream {
std::unique_ptr<Command> MakeLogDumpCommand() { return MakeSynthCommand(); }
std::unique_ptr<Command> MakeLogVerifyCommand() { return MakeCheckCommand(); }
}  // namespace tillstream
