#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "consume/day_assembler.h"
#include "consume/event_decoder.h"
#include "log/event_log.h"

namespace tillstream {

/// Where a store's events and end-of-day totals are. Partitions may be shared among stores.
struct StoreSource {
  std::string store_id;
  std::vector<TopicPartition> events;
  TopicPartition totals;
};

/// A day that every store has closed.
struct PanelDay {
  Day day;
  /// [store], in the order of the sources.
  std::vector<ClosedDay> stores;
};

/// How far a partition was read, and from where it has to be read again.
struct FollowPosition {
  TopicPartition partition;
  Offset resume;  ///< Everything before belongs to days that are closed.
  Offset read;
  friend bool operator==(const FollowPosition&, const FollowPosition&) = default;
};

struct FollowCounts {
  int64_t events = 0;
  int64_t late = 0;             ///< Events and totals of closed days.
  int64_t ahead = 0;            ///< Of days that cannot be right.
  int64_t strangers = 0;        ///< Events of items that appeared too late to be followed.
  int64_t incomplete_days = 0;  ///< Store-days.
};

struct FollowOptions {
  Day from{1};
  /// A store's day that does not agree with its total is closed as incomplete once its stream, or
  /// the other stores', are more than so many days further.
  int32_t wait_days = 8;
  /// For the other stores' sake it is given up only when nothing of it came for so long: what it
  /// has written may not be durable yet. Longer than writers take to sync or commit.
  std::chrono::milliseconds patience{30'000};
  /// Gets a line for each day that is closed as incomplete, and for what is left out. May be empty.
  std::function<void(const std::string&)> on_warning = {};
};

/// Follows the stores of a run and gives its days, one after the other, as every store has closed
/// them. Reads the store that is furthest behind first, so that memory is bounded by `wait_days`.
/// Not thread safe.
class DayFollower {
 public:
  /// `log`, `registry` and `clock` must outlive it. kNotFound when a partition is not there.
  static Result<std::unique_ptr<DayFollower>> Open(EventLog& log, SchemaRegistry& registry,
                                                   Clock& clock, std::vector<StoreSource> sources,
                                                   FollowOptions options);

  /// Goes on where another one stood: all days before `next` are closed, the stores have `items`.
  /// Positions of partitions that are not there any more are passed over.
  Status GoOnFrom(Day next, std::vector<std::vector<StoreItem>> items,
                  const std::vector<FollowPosition>& positions);

  /// The next day; none when it is not over yet, with what is there after `wait`, or when a stop is
  /// requested. Errors: those of the log and the registry; kCorrupt for a record that cannot be
  /// decoded.
  Result<std::optional<PanelDay>> Next(std::chrono::milliseconds wait, const std::stop_token& stop);

  struct Straggler {
    size_t store;  ///< Which of the sources.
    Day waits_for;
    Day furthest;  ///< Of the other stores.
    friend bool operator==(const Straggler&, const Straggler&) = default;
  };
  /// The stores that days wait for, more than `wait_days` behind the others: they may be given up
  /// soon.
  std::vector<Straggler> Stragglers() const;

  /// The first day that Next() has not given yet.
  Day next_day() const { return next_; }

  /// [store][item]. Fixed once a day with events was given.
  std::vector<std::vector<StoreItem>> items() const;
  const std::vector<StoreSource>& sources() const { return sources_; }
  /// The state that a store's events name; empty before the first one.
  const std::string& state_of(size_t store) const { return stores_[store].state_id; }

  std::vector<FollowPosition> positions() const;
  FollowCounts counts() const;

 private:
  struct Store {
    DayAssembler days;
    std::string state_id;
    std::deque<ClosedDay> closed;
  };
  struct Partition {
    TopicPartition id;
    std::unique_ptr<LogReader> reader;
    std::vector<size_t> stores;  ///< Those whose events or totals may be here.
    size_t last_place = 0;       ///< In `stores`.
    Offset next;
    Offset known_to;          ///< What comes before was read by the one this goes on from.
    std::vector<Day> latest;  ///< The latest day read here, for each of `stores`.
    std::chrono::nanoseconds read_at{0};  ///< When something was last read.
  };

  DayFollower(SchemaRegistry& registry, Clock& clock, std::vector<StoreSource> sources,
              FollowOptions options);
  Status AddPartition(EventLog& log, const TopicPartition& id, size_t store);
  /// The partitions to read, those first whose days are furthest behind; not those that are so far
  /// ahead that memory would fill.
  std::vector<size_t> ReadingOrder() const;
  /// The latest day that each of a partition's stores has reached there.
  static Day Reached(const Partition& partition);
  Day Furthest() const;
  bool IsQuiet(size_t store) const;
  /// Reads one batch; false when nothing was there.
  Result<bool> Read(size_t index);
  Status Take(size_t index, const RecordView& record);
  /// Where in partition.stores the store is.
  std::optional<size_t> PlaceOf(Partition& partition, std::string_view store_id) const;
  void Note(Partition& partition, size_t place, Offset at, Day day, DayPut put);
  void CloseDays(bool at_end);
  std::optional<PanelDay> TakeDay();
  void Warn(const std::string& line);

  Clock& clock_;
  const std::vector<StoreSource> sources_;
  const FollowOptions options_;
  EventDecoder decoder_;
  Event event_;
  std::vector<Store> stores_;
  std::vector<Partition> partitions_;
  Day next_;
  FollowCounts counts_;
  int64_t warnings_ = 0;
};

}  // namespace tillstream
