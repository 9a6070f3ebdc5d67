#include "app/console.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

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
  if (progress_lines_ > 0) line += Clear();
  progress_lines_ = 0;
  line.append(prefix).append(message).append(1, '\n');
  Write(line);
}

void Console::Progress(std::string_view text) {
  if (!is_terminal_ || quiet()) return;
  MutexLock lock(mutex_);
  // On an empty line of its own a single line only has to be cleared.
  const std::string clear = progress_lines_ > 1 ? Clear() : std::string(kClearLine);
  progress_lines_ = 1 + std::count(text.begin(), text.end(), '\n');
  Write(clear + std::string(text));
}

void Console::EndProgress() {
  MutexLock lock(mutex_);
  if (progress_lines_ > 0) Write(Clear());
  progress_lines_ = 0;
}

std::string Console::Clear() const {
  if (progress_lines_ <= 1) return std::string(kClearLine);
  return fmt::format("\r\x1b[{}A\x1b[J", progress_lines_ - 1);
}

}  // namespace tillstream
