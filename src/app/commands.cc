#include "app/command.h"
#include "app/run_forecast_show.h"

namespace tillstream {

int ExitCodeOf(ErrorCode code) {
  switch (code) {
    case ErrorCode::kFailed:
    case ErrorCode::kNotFound:
      return kExitFailed;
    case ErrorCode::kUsage:
      return kExitUsage;
    case ErrorCode::kBadInput:
      return kExitBadInput;
    case ErrorCode::kCorrupt:
      return kExitCorrupt;
    case ErrorCode::kUnavailable:
    case ErrorCode::kForbidden:
    case ErrorCode::kTimedOut:
      return kExitUnavailable;
    case ErrorCode::kIoError:
      return kExitIoError;
    case ErrorCode::kRefused:
      return kExitRefused;
    case ErrorCode::kStopped:
      return kExitDone;
  }
  return kExitFailed;
}

std::vector<std::unique_ptr<Command>> AllCommands() {
  std::vector<std::unique_ptr<Command>> commands;
  commands.push_back(MakeDemoCommand());
  commands.push_back(MakeCheckCommand());
  commands.push_back(MakeSynthCommand());
  commands.push_back(MakeReplayCommand());
  commands.push_back(MakeConsumeCommand());
  commands.push_back(MakeVerifyCommand());
  commands.push_back(MakeLogDumpCommand());
  commands.push_back(MakeLogVerifyCommand());
  commands.push_back(MakeSchemaListCommand());
  commands.push_back(MakeSchemaShowCommand());
  commands.push_back(MakeSchemaCheckCommand());
  commands.push_back(MakeSchemaRegisterCommand());
  commands.push_back(MakeSchemaServeCommand());
  commands.push_back(MakeSchemaCopyCommand());
  commands.push_back(MakePositionShowCommand());
  commands.push_back(MakePositionSetCommand());
  commands.push_back(MakePositionResetCommand());
  commands.push_back(MakeTopicPlanCommand());
  commands.push_back(MakeTopicCreateCommand());
  commands.push_back(MakeTopicCheckCommand());
  commands.push_back(MakeDoctorCommand());
  commands.push_back(MakeForecastCommand());
  commands.push_back(MakeForecastShowCommand());
  commands.push_back(MakeEvaluateCommand());
  return commands;
}

}  // namespace tillstream
