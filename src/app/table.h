#pragma once

#include <string>
#include <vector>

namespace tillstream {

/// Text in columns, for people. Cells that begin with a digit or '-' and a digit are right-aligned.
class Table {
 public:
  explicit Table(std::vector<std::string> header) : rows_{std::move(header)} {}
  void Add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  /// All rows, each ended by a line feed.
  std::string ToString() const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace tillstream
