#include "app/generator_processes.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "app/supervised.h"

namespace tillstream {
namespace {

/// Longest line that is kept of what a process writes.
constexpr size_t kReportLineBytesMax = 8'192;

int NumberOf(ProcessSignal signal) {
  switch (signal) {
    case ProcessSignal::kStop:
      return SIGTERM;
    case ProcessSignal::kKill:
      return SIGKILL;
    case ProcessSignal::kPause:
      return SIGUSR1;
    case ProcessSignal::kGoOn:
      return SIGUSR2;
    case ProcessSignal::kContinue:
      return SIGCONT;
  }
  return SIGTERM;
}

Error SystemError(const char* what, int error) {
  return MakeError(ErrorCode::kFailed, "{}: {}", what, std::strerror(error));
}

/// Takes `prefix` off the line; false when it does not begin with it.
bool TakePrefix(std::string* line, std::string_view prefix) {
  if (!line->starts_with(prefix)) return false;
  line->erase(0, prefix.size());
  return true;
}

}  // namespace

PosixGeneratorProcesses::PosixGeneratorProcesses(std::vector<std::string> words,
                                                 std::vector<std::string> stores,
                                                 const ProgressBoard& board, OnLine on_line)
    : words_(std::move(words)),
      stores_(std::move(stores)),
      board_(board),
      on_line_(std::move(on_line)),
      children_(stores_.size()) {}

PosixGeneratorProcesses::~PosixGeneratorProcesses() {
  for (Child& child : children_) {
    if (child.pid != 0) {
      ::kill(static_cast<pid_t>(child.pid), SIGKILL);
      ::waitpid(static_cast<pid_t>(child.pid), nullptr, 0);
    }
    if (child.pipe >= 0) ::close(child.pipe);
  }
}

Result<int64_t> PosixGeneratorProcesses::Start(size_t store) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return SystemError("pipe", errno);
  ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
  const Result<int64_t> pid = Spawn(store, ends[1]);
  ::close(ends[1]);
  if (!pid) {
    ::close(ends[0]);
    return pid;
  }
  Child& child = children_[store];
  if (child.pipe >= 0) ::close(child.pipe);
  child = Child();
  child.pid = *pid;
  child.pipe = ends[0];
  return pid;
}

Result<int64_t> PosixGeneratorProcesses::Spawn(size_t store, int stderr_fd) {
  const Supervised supervised{::getpid(), store, stores_.size(), stores_[store]};
  std::vector<std::string> words = words_;
  // Behind the others: the last counts. What a generator has to say is warnings and errors.
  words.insert(words.end(), {"--supervised", supervised.ToText(), "--quiet"});
  std::vector<char*> argv;
  argv.reserve(words.size() + 1);
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);

  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  ::posix_spawn_file_actions_adddup2(&actions, stderr_fd, STDERR_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, board_.fd(), kBoardDescriptor);
  // Sockets of --metrics, which would keep its port while a generator runs.
  ::posix_spawn_file_actions_addclosefrom_np(&actions, kBoardDescriptor + 1);
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  ::posix_spawnattr_setpgroup(&attributes, 0);
  pid_t pid = 0;
  // This very program, also when its file has been replaced meanwhile.
  const int error =
      ::posix_spawn(&pid, "/proc/self/exe", &actions, &attributes, argv.data(), ::environ);
  ::posix_spawnattr_destroy(&attributes);
  ::posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return SystemError("no process could be started", error);
  return int64_t{pid};
}

void PosixGeneratorProcesses::Send(int64_t pid, ProcessSignal signal) {
  ::kill(static_cast<pid_t>(pid), NumberOf(signal));
}

std::optional<ProcessChange> PosixGeneratorProcesses::NextChange() {
  for (size_t store = 0; store < children_.size(); ++store) {
    Child& child = children_[store];
    if (child.pid == 0) continue;
    int status = 0;
    const pid_t pid =
        ::waitpid(static_cast<pid_t>(child.pid), &status, WNOHANG | WUNTRACED | WCONTINUED);
    if (pid <= 0) continue;
    using Kind = ProcessChange::Kind;
    if (WIFSTOPPED(status)) return ProcessChange{pid, Kind::kStopped, WSTOPSIG(status)};
    if (WIFCONTINUED(status)) return ProcessChange{pid, Kind::kContinued, SIGCONT};
    Read(store);
    child.pid = 0;
    if (WIFSIGNALED(status)) return ProcessChange{pid, Kind::kKilled, WTERMSIG(status)};
    return ProcessChange{pid, Kind::kExited, WEXITSTATUS(status)};
  }
  return std::nullopt;
}

void PosixGeneratorProcesses::ReadMessages() {
  for (size_t store = 0; store < children_.size(); ++store) {
    if (children_[store].pid != 0) Read(store);
  }
}

void PosixGeneratorProcesses::Read(size_t store) {
  Child& child = children_[store];
  char buffer[4'096];
  while (true) {
    const ssize_t size = ::read(child.pipe, buffer, sizeof(buffer));
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return;
    for (const char c : std::string_view(buffer, static_cast<size_t>(size))) {
      if (c == '\n') {
        TakeLine(store, std::exchange(child.line, {}));
      } else if (child.line.size() < kReportLineBytesMax) {
        child.line += c;
      }
    }
  }
}

void PosixGeneratorProcesses::TakeLine(size_t store, std::string line) {
  Child& child = children_[store];
  const bool is_error = TakePrefix(&line, "error: ");
  if (!is_error) TakePrefix(&line, "warning: ");
  // Said once already at the head of the supervisor's line.
  TakePrefix(&line, "store " + stores_[store] + ": ");
  if (is_error || !child.has_error) child.last_message = line;
  child.has_error = child.has_error || is_error;
  if (!is_error && on_line_) on_line_(store, line);
}

}  // namespace tillstream
