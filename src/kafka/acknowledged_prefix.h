#pragma once

#include <cstdint>
#include <set>

namespace tillstream {

/// How far everything is acknowledged, whatever the order in which acknowledgements come.
class AcknowledgedPrefix {
 public:
  AcknowledgedPrefix() = default;
  explicit AcknowledgedPrefix(int64_t begin) : end_(begin) {}

  /// Each index once.
  void Acknowledge(int64_t index) {
    if (index != end_) {
      beyond_.insert(index);
      return;
    }
    ++end_;
    while (!beyond_.empty() && *beyond_.begin() == end_) {
      beyond_.erase(beyond_.begin());
      ++end_;
    }
  }

  /// Every index below it is acknowledged, and it is not.
  int64_t end() const { return end_; }

 private:
  int64_t end_ = 0;
  /// Acknowledged ahead of one that is not: empty as long as a broker keeps the order.
  std::set<int64_t> beyond_;
};

}  // namespace tillstream
