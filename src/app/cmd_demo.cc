#include <filesystem>

#include "app/command.h"
#include "app/run_replay.h"
#include "app/run_verify.h"
#include "dataset/dataset.h"

namespace tillstream {
namespace {

class DemoCommand final : public Command {
 public:
  const char* name() const override { return "demo"; }
  const char* summary() const override { return "A dataset, a replay, a verify in one go"; }
  const char* footer() const override {
    return "Without --data it makes an M5-shaped dataset of its own: 10 stores in 3 states, 300 items,\n"
           "400 days. It starts afresh each time, in a folder of its own.\n";
  }
  void Declare(Arguments& arguments) override {
    arguments.Text("--data", "DIR", &data_, "A dataset to use instead of one made here");
    arguments.Text("--dir", "DIR", &directory_, "The demo's own folder");
  }
  Result<int> Run(Context& context) override {
    ReplayRequest replay;
    replay.log.directory = JoinPath(directory_, "log");
    TILLSTREAM_TRY(RemoveOldLog(context, replay.log));
    replay.data = data_;
    if (data_.empty()) {
      replay.data = JoinPath(directory_, "data");
      context.console.Info(fmt::format("1. a dataset of its own in {}", replay.data));
      TILLSTREAM_TRY(WriteSyntheticDataset(context.files, replay.data, SyntheticOptions()));
    } else {
      context.console.Info(fmt::format("1. the dataset in {}", data_));
    }
    context.console.Info("2. replay: one event for each item, store and day");
    TILLSTREAM_ASSIGN(const int replayed, RunReplay(context, replay));
    if (replayed != kExitDone || context.stop.stop_requested()) return replayed;
    context.console.Info("3. verify: every event compared with the files");
    VerifyRequest verify;
    verify.log = replay.log;
    verify.data = replay.data;
    verify.complete = true;
    TILLSTREAM_ASSIGN(const int verified, RunVerify(context, verify));
    if (verified != kExitDone) return verified;
    const std::string& log = replay.log.directory;
    context.console.Info(fmt::format(
        "\ntry next:\n"
        "  tillstream consume --log {0} -c 5 --format text\n"
        "  tillstream consume --log {0} -t sales-days -e -c 5\n"
        "  tillstream log dump {0}/sales-0 --limit 3\n"
        "  tillstream schema show --log {0} sales-value\n"
        "  tillstream replay --data {1} --log ./live --speed 2d/s",
        log, replay.data));
    return static_cast<int>(kExitDone);
  }

 private:
  /// Removes what an earlier demo wrote. Only a folder with a run in it is taken for that.
  static Status RemoveOldLog(Context& context, const LogOptions& log) {
    const Result<FileInfo> there = context.files.Info(log.directory);
    if (!there) return there.error().code == ErrorCode::kNotFound ? Ok() : Status(there.error());
    const std::string manifest = JoinPath(log.directory, log.topic + ".run.json");
    if (!context.files.Info(manifest)) {
      TILLSTREAM_ASSIGN(const std::vector<std::string> names, context.files.List(log.directory));
      if (!names.empty() && names.front() != ".locks" && names.front() != "_schemas-0") {
        return MakeError(ErrorCode::kRefused,
                         "{}: is there and holds no demo; use another --dir, or remove it",
                         log.directory);
      }
    }
    std::error_code error;
    std::filesystem::remove_all(log.directory, error);
    if (error) {
      return MakeError(ErrorCode::kIoError, "{}: {}", log.directory, error.message());
    }
    return Ok();
  }

  std::string data_;
  std::string directory_ = "./tillstream-demo";
};

}  // namespace

std::unique_ptr<Command> MakeDemoCommand() { return std::make_unique<DemoCommand>(); }

}  // namespace tillstream
