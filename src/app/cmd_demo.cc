#include <algorithm>
#include <filesystem>

#include "app/command.h"
#include "app/run_replay.h"
#include "app/run_verify.h"
#include "dataset/dataset.h"

namespace tillstream {
namespace {

/// The file that says that a folder is a demo's and may be written over.
constexpr const char* kMark = ".tillstream-demo";

class DemoCommand final : public Command {
 public:
  const char* name() const override { return "demo"; }
  const char* summary() const override { return "A dataset, a replay, a verify in one go"; }
  const char* footer() const override {
    return "Without --data it makes an M5-shaped dataset of its own: 10 stores in 3 states, 300 "
           "items,\n"
           "400 days. It starts afresh each time, in a folder of its own.\n";
  }
  void Declare(Arguments& arguments) override {
    arguments.Text("--data", "DIR", &data_, "A dataset to use instead of one made here");
    arguments.Text("--dir", "DIR", &directory_, "The demo's own folder");
  }
  Result<int> Run(Context& context) override {
    ReplayRequest replay;
    replay.log.directory = JoinPath(directory_, "log");
    context.console.Info(fmt::format("target: folder {}", directory_));
    TILLSTREAM_TRY(PrepareFolder(context, replay.log.directory));
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
    context.console.Info(
        fmt::format("\ntry next:\n"
                    "  tillstream consume --log {0} -c 5 --format text\n"
                    "  tillstream consume --log {0} -t sales-days -e -c 5\n"
                    "  tillstream log dump {0}/sales-0 --limit 3\n"
                    "  tillstream schema show --log {0} sales-value\n"
                    "  tillstream replay --data {1} --log ./live --speed 2d/s",
                    log, replay.data));
    return static_cast<int>(kExitDone);
  }

 private:
  /// Makes the demo's folder, or takes away the log that an earlier demo left in it. A folder that
  /// no demo made is refused: the user's own files may be in it.
  Status PrepareFolder(Context& context, const std::string& log) const {
    const std::string mark = JoinPath(directory_, kMark);
    const Result<FileInfo> there = context.files.Info(directory_);
    if (!there && there.error().code != ErrorCode::kNotFound) return there.error();
    if (there && !there->is_directory) {
      return MakeError(ErrorCode::kUsage, "--dir: {} is not a folder", directory_);
    }
    TILLSTREAM_TRY(context.files.MakeDirectory(directory_));
    TILLSTREAM_ASSIGN(const std::vector<std::string> names, context.files.List(directory_));
    if (names.empty()) {
      return WriteFileAtomically(context.files, mark, "A demo of tillstream; it may be removed.\n");
    }
    if (std::find(names.begin(), names.end(), kMark) == names.end()) {
      return MakeError(ErrorCode::kRefused,
                       "--dir: {} is there and no demo made it; use another --dir", directory_);
    }
    TILLSTREAM_TRY(RefuseWriters(context, log));
    std::error_code error;
    std::filesystem::remove_all(log, error);
    if (error) return MakeError(ErrorCode::kIoError, "{}: {}", log, error.message());
    return Ok();
  }

  /// kRefused when somebody writes to the log.
  static Status RefuseWriters(Context& context, const std::string& log) {
    const std::string locks = JoinPath(log, ".locks");
    const Result<std::vector<std::string>> names = context.files.List(locks);
    if (!names) return Ok();
    for (const std::string& name : *names) {
      const Result<std::unique_ptr<FileLock>> lock =
          context.files.Lock(JoinPath(locks, name), context.holder);
      if (lock) continue;
      return MakeError(lock.error().code, "{}: held by {}; use another --dir, or stop it", log,
                       lock.error().message);
    }
    return Ok();
  }

  std::string data_;
  std::string directory_ = "./tillstream-demo";
};

}  // namespace

std::unique_ptr<Command> MakeDemoCommand() { return std::make_unique<DemoCommand>(); }

}  // namespace tillstream
