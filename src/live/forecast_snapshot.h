#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/result.h"
#include "live/day_follower.h"

namespace tillstream {

/// Everything that following goes on from: docs/formats/forecast_snapshot.md.
struct ForecastSnapshot {
  std::string identity;  ///< Of the run, the calendar and the model that it belongs to.
  Day next;              ///< First day that is not in it.
  int64_t origins = 0;   ///< Whole forecasts that were published; -1 without publishing.
  std::vector<std::vector<StoreItem>> items;  ///< [store]
  std::vector<std::string> states;            ///< [store]
  std::vector<FollowPosition> positions;
  std::string state;  ///< ForecastState::AppendTo(); only of one that was read.
};

/// The snapshot as the bytes of its file, with a checksum. Its state, which is large, is what
/// `append_state` appends.
std::string EncodeSnapshot(const ForecastSnapshot& snapshot,
                           const std::function<void(std::string*)>& append_state);

/// kCorrupt, with what is wrong, when `bytes` are no snapshot of this version.
Result<ForecastSnapshot> DecodeSnapshot(std::string bytes);

/// Reads the file `path`; none when it is not there.
Result<std::optional<ForecastSnapshot>> ReadSnapshot(FileSystem& files, const std::string& path);

}  // namespace tillstream
