#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/mutex.h"

namespace tillstream {

enum class LogLevel { kError, kWarning, kInfo, kDebug };

/// `text` as a terminal of so many columns and lines shows it without a line that wraps: rows are
/// cut, and where it has more rows than the terminal its last row is left. 0: no limit.
std::string FitToTerminal(std::string_view text, size_t columns, size_t lines);

/// Messages and progress on stderr. Thread safe.
class Console {
 public:
  /// Writes to `fd`, which stays the caller's. `is_terminal`: progress may redraw its line.
  Console(LogLevel level, bool is_terminal, int fd = kStandardError)
      : level_(level), is_terminal_(is_terminal), fd_(fd) {}
  ~Console();

  /// "error: <message>".
  void Error(std::string_view message) { Line(LogLevel::kError, "error: ", message); }
  /// "warning: <message>": unexpected, nothing lost.
  void Warning(std::string_view message) { Line(LogLevel::kWarning, "warning: ", message); }
  /// What a command does and where; not shown with -q.
  void Info(std::string_view message) { Line(LogLevel::kInfo, "", message); }
  /// Shown with -v.
  void Debug(std::string_view message) { Line(LogLevel::kDebug, "", message); }

  /// Shows `text` as the lines that are redrawn in place, without a line feed behind the last. Only
  /// on a terminal; see is_terminal().
  void Progress(std::string_view text);
  /// Takes the progress lines away.
  void EndProgress();

  bool is_terminal() const { return is_terminal_; }
  bool quiet() const { return level_ < LogLevel::kInfo; }
  bool verbose() const { return level_ >= LogLevel::kDebug; }

 private:
  static constexpr int kStandardError = 2;

  void Line(LogLevel level, std::string_view prefix, std::string_view message);
  void Write(std::string_view text) const;
  /// What takes the progress away that is shown.
  std::string Clear() const TILLSTREAM_REQUIRES(mutex_);

  const LogLevel level_;
  const bool is_terminal_;
  const int fd_;
  Mutex mutex_;
  int64_t progress_lines_ TILLSTREAM_GUARDED_BY(mutex_) = 0;  ///< That are shown.
};

}  // namespace tillstream
