#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include "app/command.h"
#include "app/command_line.h"
#include "app/signals.h"

namespace tillstream {
namespace {

std::string Holder() {
  char host[256] = "?";
  ::gethostname(host, sizeof(host) - 1);
  return fmt::format("process {} on {}", ::getpid(), host);
}

/// Fills standard descriptors that are closed, so that no file or pipe gets their numbers, which
/// are given new meanings when a process is started. What goes the wrong way fails as if they were
/// closed.
void FillStandardDescriptors() {
  for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(descriptor, F_GETFD) >= 0) continue;
    // The lowest that is free is this one.
    static_cast<void>(::open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY));
  }
}

int Main(int argc, const char* const* argv) {
  FillStandardDescriptors();
  Signals signals;
  const auto commands = AllCommands();
  Output out(STDOUT_FILENO);
  const bool terminal = ::isatty(STDERR_FILENO) == 1;
  Result<std::variant<Invocation, Answer>> parsed = ParseCommandLine(commands, argc, argv);
  if (!parsed) {
    Console(LogLevel::kInfo, terminal).Error(parsed.error().message);
    return ExitCodeOf(parsed.error().code);
  }
  if (const Answer* answer = std::get_if<Answer>(&*parsed)) {
    Status written = out.Write(answer->text);
    if (written) written = out.Flush();
    if (written) return kExitDone;
    Console(LogLevel::kInfo, terminal).Error(written.error().message);
    return ExitCodeOf(written.error().code);
  }
  const Invocation& invocation = std::get<Invocation>(*parsed);
  Console console(invocation.log_level, terminal);
  const std::unique_ptr<FileSystem> files = MakePosixFileSystem();
  SystemClock clock;
  Context context{*files,          clock,
                  console,         out,
                  signals.stop(),  invocation.common,
                  Holder(),        {argv, argv + argc},
                  &signals.pause()};
  const Result<int> result = invocation.command->Run(context);
  const Status flushed = out.Flush();
  console.EndProgress();
  if (console.verbose()) {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    const double cpu_seconds =
        static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
        static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
    console.Debug(fmt::format("peak memory {} KiB, cpu {:.2f} s", usage.ru_maxrss, cpu_seconds));
  }
  const bool is_stopped = !result && result.error().code == ErrorCode::kStopped;
  if (!result && !is_stopped) {
    console.Error(result.error().message);
    return ExitCodeOf(result.error().code);
  }
  if (!flushed) {
    console.Error(flushed.error().message);
    return ExitCodeOf(flushed.error().code);
  }
  const int code = is_stopped ? kExitDone : *result;
  return signals.received() != 0 && code == kExitDone ? 128 + signals.received() : code;
}

}  // namespace
}  // namespace tillstream

int main(int argc, char** argv) { return tillstream::Main(argc, argv); }
