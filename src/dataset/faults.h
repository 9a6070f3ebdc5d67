#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"

namespace tillstream {

/// One thing that is wrong with a dataset, where it stands, what was found and what is needed.
struct Fault {
  std::string file;    ///< Name as the user knows it (without the folder), e.g. "calendar.csv".
  int64_t line = 0;    ///< 1-based physical line; 0 when the fault concerns the whole file.
  std::string column;  ///< Name of the column; empty when it concerns the whole line.
  std::string text;    ///< `expected <needed>, found <found>`, lower case, no full stop.

  /// "sales.csv:1042: column d_17: expected a whole number of units, found "1.5"".
  std::string ToString() const;
};

/// Collects faults: keeps the first `limit`, counts the rest.
class FaultList {
 public:
  explicit FaultList(int64_t limit = 100) : limit_(limit) {}

  void Add(Fault fault) {
    if (static_cast<int64_t>(faults_.size()) < limit_) faults_.push_back(std::move(fault));
    ++count_;
  }

  /// Whether a further fault would only be counted; then its text need not be made.
  bool full() const { return static_cast<int64_t>(faults_.size()) >= limit_; }
  /// Counts faults whose text nobody would see; only when full().
  void Count(int64_t faults = 1) { count_ += faults; }

  const std::vector<Fault>& faults() const { return faults_; }
  int64_t count() const { return count_; }
  bool empty() const { return count_ == 0; }

  /// The kBadInput error that stands for the whole list: its first fault, with how many more there
  /// are and that `tillstream check` lists them.
  Error ToError() const;

 private:
  int64_t limit_;
  int64_t count_ = 0;
  std::vector<Fault> faults_;
};

}  // namespace tillstream
