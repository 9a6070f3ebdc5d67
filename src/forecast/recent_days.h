#pragma once

#include <algorithm>
#include <vector>

#include "forecast/hierarchy.h"
#include "forecast/online_model.h"

namespace tillstream {

/// The last 28 days of all series, those that are not known filled in from a week before.
class RecentDays {
 public:
  static constexpr int32_t kDays = 28;

  explicit RecentDays(const Hierarchy& hierarchy)
      : hierarchy_(hierarchy),
        days_(kDays, std::vector<float>(static_cast<size_t>(hierarchy.series_count()))) {}

  void Add(const DaySales& day) {
    std::vector<float>& target = days_[static_cast<size_t>(count_ % kDays)];
    const std::vector<float>& week_before = Back(kWeekDays);
    for (int32_t group = 0; group < hierarchy_.group_count(); ++group) {
      const int32_t begin = hierarchy_.group_begin(group);
      const int32_t end = hierarchy_.group_end(group);
      const float* const from =
          day.knows(hierarchy_.group_store(group)) ? day.units.data() : week_before.data();
      std::copy(from + begin, from + end, target.data() + begin);
    }
    ++count_;
  }

  /// The day `days` before the next one, 1 to 28; zeros before the first.
  const std::vector<float>& Back(int32_t days) const {
    return days_[static_cast<size_t>((count_ + kDays - days) % kDays)];
  }
  const std::vector<float>& last() const { return Back(1); }
  int64_t count() const { return count_; }

 private:
  static constexpr int32_t kWeekDays = 7;

  const Hierarchy& hierarchy_;
  std::vector<std::vector<float>> days_;
  int64_t count_ = 0;
};

}  // namespace tillstream
