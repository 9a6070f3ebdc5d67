#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "app/arguments.h"
#include "app/console.h"
#include "app/output.h"
#include "app/pause_switch.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/result.h"

namespace tillstream {

/// What every command can ask for.
struct CommonOptions {
  bool json = false;
  int64_t threads = 0;  ///< 0: as many as there are cores.
};

/// The world as a command sees it. All wiring of real files, clocks and terminals is in main.cc.
struct Context {
  FileSystem& files;
  Clock& clock;
  Console& console;      ///< stderr: progress and messages.
  Output& out;           ///< stdout: data.
  std::stop_token stop;  ///< Requested by SIGINT and SIGTERM.
  CommonOptions common;
  std::string holder;                ///< "process 4711 on host till": who holds a lock.
  std::vector<std::string> words{};  ///< The command line, for processes that are to do the same.
  PauseSwitch* pause = nullptr;      ///< SIGUSR1 and SIGUSR2; null where nobody sends them.
};

/// Exit codes: the contract of `tillstream --help`.
enum ExitCode : int {
  kExitDone = 0,
  kExitFailed = 1,
  kExitUsage = 2,
  kExitBadInput = 3,
  kExitCorrupt = 4,
  kExitUnavailable = 5,
  kExitIoError = 6,
  kExitRefused = 7,
};

/// The exit code that an Error leads to: of a stop that of success, from which main makes that of
/// the signal.
int ExitCodeOf(ErrorCode code);

/// One subcommand. Declare() is called once before parsing, Run() at most once after it.
class Command {
 public:
  virtual ~Command() = default;
  /// "replay", or two words for a command of a group: "log dump".
  virtual const char* name() const = 0;
  /// One line for the list of commands.
  virtual const char* summary() const = 0;
  /// What `--help` shows behind the options: notes and examples.
  virtual const char* footer() const { return ""; }
  /// Whether there is a table, or are sentences, that --json replaces.
  virtual bool has_json() const { return true; }
  virtual void Declare(Arguments& arguments) = 0;
  /// The exit code, or an Error that main prints and maps to one. Validates its whole command line
  /// before it touches anything.
  virtual Result<int> Run(Context& context) = 0;
};

/// All commands, in the order in which one meets them.
std::vector<std::unique_ptr<Command>> AllCommands();

std::unique_ptr<Command> MakeDemoCommand();
std::unique_ptr<Command> MakeCheckCommand();
std::unique_ptr<Command> MakeSynthCommand();
std::unique_ptr<Command> MakeReplayCommand();
std::unique_ptr<Command> MakeConsumeCommand();
std::unique_ptr<Command> MakeVerifyCommand();
std::unique_ptr<Command> MakeLogDumpCommand();
std::unique_ptr<Command> MakeLogVerifyCommand();
std::unique_ptr<Command> MakeSchemaListCommand();
std::unique_ptr<Command> MakeSchemaShowCommand();
std::unique_ptr<Command> MakeSchemaCheckCommand();
std::unique_ptr<Command> MakeSchemaRegisterCommand();
std::unique_ptr<Command> MakeSchemaServeCommand();
std::unique_ptr<Command> MakeSchemaCopyCommand();
std::unique_ptr<Command> MakePositionShowCommand();
std::unique_ptr<Command> MakePositionSetCommand();
std::unique_ptr<Command> MakePositionResetCommand();
std::unique_ptr<Command> MakeTopicPlanCommand();
std::unique_ptr<Command> MakeTopicCreateCommand();
std::unique_ptr<Command> MakeTopicCheckCommand();
std::unique_ptr<Command> MakeDoctorCommand();
std::unique_ptr<Command> MakeForecastCommand();
std::unique_ptr<Command> MakeEvaluateCommand();

}  // namespace tillstream
