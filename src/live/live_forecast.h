#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/file.h"
#include "base/result.h"
#include "forecast/known_days.h"
#include "live/day_follower.h"
#include "live/forecast_encoder.h"
#include "live/forecast_publisher.h"
#include "live/forecast_snapshot.h"
#include "live/forecast_state.h"
#include "log/event_log.h"
#include "registry/schema_registry.h"

namespace tillstream {

/// From which days forecasts are published.
enum class PublishEvery {
  kDay,
  kWeek,  ///< On Sundays.
  kAuto,  ///< On Sundays, and on the last day that is there when there is no further one.
};

/// Days of sales before the first forecast that is published.
inline constexpr int32_t kDaysBeforeFirst = 28;

struct PublishOptions {
  PublishTarget target;
  ForecastLabels labels;
  /// [store, as in LiveOptions::sources]: partition of its forecasts, from 1.
  std::vector<int32_t> partitions;
};

struct LiveOptions {
  std::vector<StoreSource> sources;
  FollowOptions follow;
  int32_t threads = 1;
  PublishEvery every = PublishEvery::kAuto;
  bool stop_at_end = false;
  /// Where the snapshot is; empty for none. The directory must be there.
  std::string snapshot_path;
  /// Whether it is written, or only read.
  bool saves_snapshot = true;
  /// How often it is written while days come.
  std::chrono::seconds snapshot_every{15};
  /// Which run it is, and what else the state follows from: a snapshot of another is not used.
  std::string identity;
  std::optional<PublishOptions> publish;  ///< None: the state alone.
};

struct LiveProgress {
  Day day;  ///< The last one that was followed.
  FollowCounts counts;
  int64_t negative = 0;  ///< Sales below 0, which count as none.
  int64_t origins_written = 0;
  int64_t forecasts_written = 0;
  int64_t scores_written = 0;
  std::optional<MaturedScore> last_score;
};

struct LiveObserver {
  /// After each day. May be empty.
  std::function<void(const LiveProgress&)> progress = {};
  std::function<void(const std::string&)> on_info = [](const std::string&) {};
  std::function<void(const std::string&)> on_warning = [](const std::string&) {};
};

/// Follows the sales of a stream, forecasts, publishes each forecast once, and scores it when its
/// days have come. What a crash leaves is gone on from: the snapshot says where, the log what is
/// published; without a snapshot the stream is followed from its beginning, to the same result.
class LiveForecast {
 public:
  /// All references must outlive it. `known` is the calendar.
  LiveForecast(EventLog& log, SchemaRegistry& registry, FileSystem& files, Clock& clock,
               const KnownDays& known, LiveOptions options, LiveObserver observer);

  /// Runs until the end of the stream, if it is to stop there, or until a stop is requested. Then
  /// all that was published is durable and the snapshot is written. Errors: kRefused as
  /// ForecastPublisher::Open(); those of the log, the registry and the files.
  Status Run(std::stop_token stop);

  /// The state after Run(); null when no day is over yet.
  ForecastState* state() { return state_.get(); }
  /// [store][item] of it.
  const DayFollower& follower() const { return *follower_; }
  LiveProgress progress() const;

 private:
  /// Says which stores the days wait for, once, when they are the same as at the look before.
  void TellOf(const std::vector<DayFollower::Straggler>& stragglers);
  Status Begin();
  /// Takes up the snapshot, if there is one that fits.
  Status GoOn();
  Status UseSnapshot(const ForecastSnapshot& snapshot);
  /// kCorrupt when what is published does not go with the snapshot.
  Status CheckPublished(const ForecastSnapshot& snapshot) const;
  Status MakeState(const std::vector<std::vector<StoreItem>>& items,
                   const std::vector<std::string>& states);
  Status Take(const PanelDay& day);
  /// Publishes the forecast of the last day, or keeps it, if that is to be.
  Status Decide(bool is_last);
  bool IsOrigin(Day day, bool is_last) const;
  Status Publish();
  Status SaveWhenDue();
  Status Save();
  std::string SnapshotIdentity(Day next) const;

  EventLog& log_;
  SchemaRegistry& registry_;
  FileSystem& files_;
  Clock& clock_;
  const KnownDays& known_;
  const LiveOptions options_;
  const LiveObserver observer_;
  std::unique_ptr<DayFollower> follower_;
  std::unique_ptr<ForecastState> state_;
  std::vector<size_t> stores_;  ///< Of the state: which of the sources.
  /// [source]: the items of the state, as the follower has them, and the states of the stores.
  std::vector<std::vector<StoreItem>> items_;
  std::vector<std::string> states_;
  /// [source]: the items by id. The order in which they came may depend on how several partitions
  /// of a store were read, that of the state must not.
  std::vector<std::vector<size_t>> order_;
  std::unique_ptr<ForecastEncoder> encoder_;
  std::unique_ptr<ForecastPublisher> publisher_;
  std::vector<DayFollower::Straggler> stragglers_;  ///< At the last look at the end of the log,
  bool is_told_ = true;                             ///< and whether a line said so.
  std::optional<MaturedScore> last_score_;
  Day saved_to_{0};
  std::chrono::nanoseconds last_save_{0};
  bool must_save_ = false;  ///< Before anything more is published.
  int64_t negative_ = 0;
  std::vector<float> units_;
  std::vector<float> revenue_;
};

}  // namespace tillstream
