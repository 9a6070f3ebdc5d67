#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "app/command.h"
#include "app/command_line.h"
#include "base/check.h"
#include "base/json.h"
#include "testing/faulty_file_system.h"
#include "testing/sim_clock.h"
#include "testing/small_dataset.h"

namespace tillstream {

/// A file in memory that stands for stdout or stderr.
class CapturedFile {
 public:
  CapturedFile() : fd_(::memfd_create("captured", MFD_CLOEXEC)) { TILLSTREAM_CHECK(fd_ >= 0); }
  ~CapturedFile() { ::close(fd_); }
  CapturedFile(const CapturedFile&) = delete;
  CapturedFile& operator=(const CapturedFile&) = delete;

  int fd() const { return fd_; }
  /// Everything that was written so far.
  std::string Text() const {
    std::string text(static_cast<size_t>(::lseek(fd_, 0, SEEK_END)), '\0');
    TILLSTREAM_CHECK(::pread(fd_, text.data(), text.size(), 0) ==
                     static_cast<ssize_t>(text.size()));
    return text;
  }

 private:
  const int fd_;
};

/// Parses a command line. The environment is the test's own.
inline Result<std::variant<Invocation, Answer>> ParseWords(
    const std::vector<std::unique_ptr<Command>>& commands, const std::vector<std::string>& words) {
  std::vector<const char*> argv = {"tillstream"};
  for (const std::string& word : words) argv.push_back(word.c_str());
  return ParseCommandLine(commands, static_cast<int>(argv.size()), argv.data());
}

/// Runs commands as main does, on a file system in memory and a clock of the test's own. The small
/// dataset (2 stores, 3 items, 10 days) is in "data".
class AppTest : public testing::Test {
 protected:
  AppTest() { PutDataset(SmallDataset()); }

  void PutDataset(const SmallDataset& small, const std::string& directory = "data") {
    files_.SetContent(directory + "/calendar.csv", small.CalendarCsv());
    files_.SetContent(directory + "/" + small.SalesFile(), small.SalesCsv());
    files_.SetContent(directory + "/sell_prices.csv", small.PricesCsv());
  }

  /// The exit code; what was written is in out_ and err_ then.
  int Run(const std::vector<std::string>& words) {
    const auto commands = AllCommands();
    const auto parsed = ParseWords(commands, words);
    if (!parsed) {
      err_ = "error: " + parsed.error().message + "\n";
      return ExitCodeOf(parsed.error().code);
    }
    const Invocation& invocation = std::get<Invocation>(*parsed);
    int code = 0;
    With(
        [&](Context& context) {
          const Result<int> result = invocation.command->Run(context);
          if (!result && result.error().code != ErrorCode::kStopped) {
            context.console.Error(result.error().message);
          }
          code = result ? *result : ExitCodeOf(result.error().code);
        },
        invocation.common, invocation.log_level);
    return code;
  }

  /// Does something as in a command; what was written is in out_ and err_ then.
  void With(const std::function<void(Context&)>& act, const CommonOptions& common = {},
            LogLevel log_level = LogLevel::kInfo) {
    const CapturedFile out_file;
    const CapturedFile err_file;
    {
      Console console(log_level, false, err_file.fd());
      Output output(out_file.fd());
      Context context{
          files(), clock_, console, output, stop_.get_token(), common, "process 4711 on till"};
      act(context);
      TILLSTREAM_CHECK(output.Flush().has_value());
    }
    out_ = out_file.Text();
    err_ = err_file.Text();
  }

  virtual FileSystem& files() { return files_; }

  FaultyFileSystem files_;
  SimClock clock_;
  std::stop_source stop_;
  std::string out_;
  std::string err_;
};

/// With the two commands that most tests begin with.
class ReplayCommandTest : public AppTest {
 protected:
  /// replay of the small dataset into "log", with more options.
  int Replay(std::vector<std::string> options = {}) {
    options.insert(options.begin(), {"replay", "--data", "data", "--log", "log"});
    return Run(options);
  }
  int Verify(std::vector<std::string> options = {}) {
    options.insert(options.begin(), {"verify", "--data", "data", "--log", "log"});
    return Run(options);
  }
  Json OutJson() const {
    Result<Json> json = ParseJson(out_.substr(0, out_.find_last_not_of('\n') + 1));
    TILLSTREAM_CHECK_MSG(json.has_value(), out_);
    return *json;
  }
  /// Files of the log, without locks.
  std::map<std::string, std::string> LogFiles() const {
    std::map<std::string, std::string> files = files_.Contents();
    std::erase_if(files, [](const auto& file) { return !file.first.starts_with("log/"); });
    return files;
  }
};

}  // namespace tillstream
