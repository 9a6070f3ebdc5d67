#include "app/console.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>

namespace tillstream {
namespace {

constexpr std::string_view kClearLine = "\r\x1b[K";

/// The bytes of `row` that make its first characters (of UTF-8).
std::string_view FirstOf(std::string_view row, size_t characters) {
  size_t count = 0;
  for (size_t i = 0; i < row.size(); ++i) {
    const bool begins_one = (static_cast<unsigned char>(row[i]) & 0xc0) != 0x80;
    if (begins_one && count++ == characters) return row.substr(0, i);
  }
  return row;
}

}  // namespace

std::string FitToTerminal(std::string_view text, size_t columns, size_t lines) {
  const auto rows = static_cast<size_t>(1 + std::count(text.begin(), text.end(), '\n'));
  if (lines != 0 && rows > lines) text = text.substr(text.rfind('\n') + 1);
  if (columns == 0) return std::string(text);
  std::string fitted;
  while (true) {
    const size_t end = std::min(text.find('\n'), text.size());
    fitted += FirstOf(text.substr(0, end), columns);
    if (end == text.size()) return fitted;
    fitted += '\n';
    text.remove_prefix(end + 1);
  }
}

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
  winsize size{};
  ::ioctl(fd_, TIOCGWINSZ, &size);
  const std::string shown = FitToTerminal(text, size.ws_col, size.ws_row);
  progress_lines_ = 1 + std::count(shown.begin(), shown.end(), '\n');
  Write(clear + shown);
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
