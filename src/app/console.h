#pragma once

#include <string>
#include <string_view>

#include "base/mutex.h"

namespace tillstream {

enum class LogLevel { kError, kWarning, kInfo, kDebug };

/// Messages and progress on stderr. Thread safe.
class Console {
 public:
  /// `is_terminal`: progress may redraw its line.
  Console(LogLevel level, bool is_terminal) : level_(level), is_terminal_(is_terminal) {}
  ~Console();

  /// "error: <message>".
  void Error(std::string_view message) { Line(LogLevel::kError, "error: ", message); }
  /// "warning: <message>": unexpected, nothing lost.
  void Warning(std::string_view message) { Line(LogLevel::kWarning, "warning: ", message); }
  /// What a command does and where; not shown with -q.
  void Info(std::string_view message) { Line(LogLevel::kInfo, "", message); }
  /// Shown with -v.
  void Debug(std::string_view message) { Line(LogLevel::kDebug, "", message); }

  /// Shows `text` as the line that is redrawn in place. Only on a terminal; see is_terminal().
  void Progress(std::string_view text);
  /// Takes the progress line away.
  void EndProgress();

  bool is_terminal() const { return is_terminal_; }
  bool quiet() const { return level_ < LogLevel::kInfo; }
  bool verbose() const { return level_ >= LogLevel::kDebug; }

 private:
  void Line(LogLevel level, std::string_view prefix, std::string_view message);

  const LogLevel level_;
  const bool is_terminal_;
  Mutex mutex_;
  bool progress_shown_ TILLSTREAM_GUARDED_BY(mutex_) = false;
};

}  // namespace tillstream
