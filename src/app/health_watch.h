#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace tillstream {

/// How a pipeline is.
enum class HealthState {
  kStarting,  ///< It has not begun yet.
  kOk,        ///< It does what there is to do, or nothing is.
  kSlow,      ///< Behind, but moving.
  kStalled,   ///< There is something to do, and for too long nothing of it was done.
};

/// "starting", "ok", "slow", "stalled".
const char* HealthStateName(HealthState state);

struct Health {
  HealthState state = HealthState::kStarting;
  /// Of what is slow or stalled: one line a part, that of the worst state only.
  std::vector<std::string> reasons = {};
};

/// A part of a pipeline at a moment: a store's generator, a partition that is read.
struct PartState {
  std::string name;  ///< For people, and to know it again: "store CA_1".
  /// Grows with what is done. Less than before, as after a crash, is no progress.
  int64_t progress = 0;
  /// What there is to do, for people: "d_17 is due". Empty: nothing, which is never stalled.
  std::string work = {};
  std::chrono::nanoseconds behind{0};  ///< How late it is.
  std::string failure = {};            ///< Why it will not go on by itself; empty: it will.
};

/// How long a part may have something to do without progress: longer than a disk that stalls, or a
/// generator process takes to be replaced.
inline constexpr std::chrono::seconds kStalledAfterDefault{30};

/// How late a part may be before it is slow: more than one sync or commit.
inline constexpr std::chrono::seconds kSlowAfter{5};

/// Tells a stalled pipeline from a slow one by looking at it again and again. Not thread safe.
class HealthWatch {
 public:
  explicit HealthWatch(std::chrono::nanoseconds stalled_after) : stalled_after_(stalled_after) {}

  /// How the pipeline with these parts is at `now`, which never goes back. A part that was not
  /// among those of the last call is new.
  Health Judge(std::chrono::nanoseconds now, const std::vector<PartState>& parts);

 private:
  struct Mark {
    int64_t progress = 0;
    std::chrono::nanoseconds since{0};  ///< Last time that it had progress, or nothing to do.
  };

  const std::chrono::nanoseconds stalled_after_;
  std::map<std::string, Mark> marks_;
};

}  // namespace tillstream
