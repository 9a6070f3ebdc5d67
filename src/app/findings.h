#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tillstream {

enum class FindingLevel {
  kOk,
  kWarning,  ///< Works, or may work; to be known.
  kError,    ///< Does not work, or loses something.
};

/// One thing that was looked at.
struct Finding {
  FindingLevel level = FindingLevel::kOk;
  std::string what;    ///< "broker 1".
  std::string found;   ///< "advertises kafka-1:9092, which cannot be reached from here".
  std::string remedy;  ///< What to do; empty when it is nothing.
};

/// What a command found, in the order in which it looked.
class Findings {
 public:
  void Ok(std::string what, std::string found);
  /// `message` is `<found>[; <what to do>]`, as messages of errors are.
  void Warning(std::string what, std::string_view message);
  void Error(std::string what, std::string_view message);

  const std::vector<Finding>& all() const { return all_; }
  int Count(FindingLevel level) const;

  /// A line each, in columns.
  std::string ToText() const;
  /// One line: an array of {"level", "what", "found", "remedy"}.
  std::string ToJson() const;

 private:
  void Add(FindingLevel level, std::string what, std::string_view message);

  std::vector<Finding> all_;
};

}  // namespace tillstream
