#include "app/console.h"

#include <unistd.h>

namespace tillstream {
namespace {

constexpr std::string_view kClearLine = "\r\x1b[K";

/// stderr is for people: what cannot be written is gone, and nothing depends on it.
void WriteToStderr(std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(STDERR_FILENO, text.data(), text.size());
    if (n <= 0) return;
    text.remove_prefix(static_cast<size_t>(n));
  }
}

}  // namespace

Console::~Console() { EndProgress(); }

void Console::Line(LogLevel level, std::string_view prefix, std::string_view message) {
  if (level > level_) return;
  std::string line;
  MutexLock lock(mutex_);
  if (progress_shown_) line += kClearLine;
  progress_shown_ = false;
  line.append(prefix).append(message).append(1, '\n');
  WriteToStderr(line);
}

void Console::Progress(std::string_view text) {
  if (!is_terminal_ || quiet()) return;
  MutexLock lock(mutex_);
  progress_shown_ = true;
  WriteToStderr(std::string(kClearLine).append(text));
}

void Console::EndProgress() {
  MutexLock lock(mutex_);
  if (progress_shown_) WriteToStderr(kClearLine);
  progress_shown_ = false;
}

}  // namespace tillstream
