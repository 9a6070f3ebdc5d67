#include "app/console.h"

#include <unistd.h>

namespace tillstream {
namespace {

constexpr std::string_view kClearLine = "\r\x1b[K";

}  // namespace

Console::~Console() { EndProgress(); }

void Console::Write(std::string_view text) const {
  // For people: what cannot be written is gone, and nothing depends on it.
  while (!text.empty()) {
    const ssize_t n = ::write(fd_, text.data(), text.size());
    if (n <= 0) return;
    text.remove_prefix(static_cast<size_t>(n));
  }
}

void Console::Line(LogLevel level, std::string_view prefix, std::string_view message) {
  if (level > level_) return;
  std::string line;
  MutexLock lock(mutex_);
  if (progress_shown_) line += kClearLine;
  progress_shown_ = false;
  line.append(prefix).append(message).append(1, '\n');
  Write(line);
}

void Console::Progress(std::string_view text) {
  if (!is_terminal_ || quiet()) return;
  MutexLock lock(mutex_);
  progress_shown_ = true;
  Write(std::string(kClearLine).append(text));
}

void Console::EndProgress() {
  MutexLock lock(mutex_);
  if (progress_shown_) Write(kClearLine);
  progress_shown_ = false;
}

}  // namespace tillstream
