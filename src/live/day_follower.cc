#include "live/day_follower.h"

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace tillstream {
namespace {

/// How often the end of the log is looked at while nothing comes.
constexpr std::chrono::milliseconds kPoll{20};

/// Days beyond `wait_days` that a store may be ahead of the days that are given.
constexpr int32_t kDaysAhead = 4;

/// Incomplete days that get a line each; the rest is counted.
constexpr int64_t kWarningsMax = 20;

}  // namespace

DayFollower::DayFollower(SchemaRegistry& registry, Clock& clock, std::vector<StoreSource> sources,
                         FollowOptions options)
    : clock_(clock),
      sources_(std::move(sources)),
      options_(std::move(options)),
      decoder_(registry),
      next_(options_.from) {
  for (size_t i = 0; i < sources_.size(); ++i) {
    stores_.push_back({DayAssembler(options_.from, options_.wait_days), {}, {}});
  }
}

Result<std::unique_ptr<DayFollower>> DayFollower::Open(EventLog& log, SchemaRegistry& registry,
                                                       Clock& clock,
                                                       std::vector<StoreSource> sources,
                                                       FollowOptions options) {
  std::unique_ptr<DayFollower> follower(
      new DayFollower(registry, clock, std::move(sources), std::move(options)));
  for (size_t store = 0; store < follower->sources_.size(); ++store) {
    const StoreSource& source = follower->sources_[store];
    for (const TopicPartition& id : source.events) {
      TILLSTREAM_TRY(follower->AddPartition(log, id, store));
    }
    TILLSTREAM_TRY(follower->AddPartition(log, source.totals, store));
  }
  return follower;
}

Status DayFollower::AddPartition(EventLog& log, const TopicPartition& id, size_t store) {
  for (Partition& partition : partitions_) {
    if (partition.id != id) continue;
    partition.stores.push_back(store);
    partition.latest.push_back(options_.from - 1);
    return Ok();
  }
  TILLSTREAM_ASSIGN(std::unique_ptr<LogReader> reader, log.OpenReader(id));
  reader->OmitHeaders();
  TILLSTREAM_ASSIGN(const Offset begin, reader->Begin());
  Partition partition;
  partition.id = id;
  partition.reader = std::move(reader);
  partition.stores = {store};
  partition.latest = {options_.from - 1};
  partition.next = partition.known_to = begin;
  partition.read_at = clock_.Monotonic();
  partitions_.push_back(std::move(partition));
  return Ok();
}

Status DayFollower::GoOnFrom(Day next, std::vector<std::vector<StoreItem>> items,
                             const std::vector<FollowPosition>& positions) {
  for (size_t store = 0; store < stores_.size(); ++store) {
    stores_[store].days.GoOnFrom(next, std::move(items[store]));
    stores_[store].closed.clear();
  }
  next_ = next;
  for (Partition& partition : partitions_) {
    for (const FollowPosition& position : positions) {
      if (position.partition != partition.id) continue;
      TILLSTREAM_TRY(partition.reader->Seek(position.resume));
      partition.next = position.resume;
      partition.known_to = position.read;
      std::fill(partition.latest.begin(), partition.latest.end(), next - 1);
    }
  }
  return Ok();
}

Result<std::optional<PanelDay>> DayFollower::Next(std::chrono::milliseconds wait,
                                                  const std::stop_token& stop) {
  const auto deadline = clock_.Monotonic() + wait;
  while (!stop.stop_requested()) {
    if (auto day = TakeDay()) return day;
    // Whatever brings the stores that are behind forward, else whatever there is.
    bool has_read = false;
    for (const size_t index : ReadingOrder()) {
      TILLSTREAM_ASSIGN(has_read, Read(index));
      if (has_read) break;
    }
    CloseDays(/*at_end=*/!has_read);
    if (has_read) continue;
    if (auto day = TakeDay()) return day;
    const auto now = clock_.Monotonic();
    if (now >= deadline) break;
    clock_.SleepUntil(std::min(deadline, now + kPoll), stop);
  }
  return std::optional<PanelDay>();
}

Day DayFollower::Reached(const Partition& partition) {
  return *std::min_element(partition.latest.begin(), partition.latest.end());
}

std::vector<size_t> DayFollower::ReadingOrder() const {
  std::vector<size_t> order;
  for (size_t i = 0; i < partitions_.size(); ++i) {
    if (Reached(partitions_[i]) - next_ <= options_.wait_days + kDaysAhead) order.push_back(i);
  }
  std::sort(order.begin(), order.end(), [this](size_t a, size_t b) {
    return std::pair(Reached(partitions_[a]), a) < std::pair(Reached(partitions_[b]), b);
  });
  return order;
}

Day DayFollower::Furthest() const {
  Day furthest = next_ - 1;
  for (const Store& store : stores_) furthest = std::max(furthest, store.days.next_day() - 1);
  return furthest;
}

std::vector<DayFollower::Straggler> DayFollower::Stragglers() const {
  const Day furthest = Furthest();
  std::vector<Straggler> stragglers;
  for (size_t store = 0; store < stores_.size(); ++store) {
    const Day next = stores_[store].days.next_day();
    if (furthest - next > options_.wait_days) stragglers.push_back({store, next, furthest});
  }
  return stragglers;
}

bool DayFollower::IsQuiet(size_t store) const {
  std::chrono::nanoseconds last{0};
  for (const Partition& partition : partitions_) {
    const auto& stores = partition.stores;
    if (std::find(stores.begin(), stores.end(), store) == stores.end()) continue;
    last = std::max(last, partition.read_at);
  }
  return clock_.Monotonic() - last >= options_.patience;
}

Result<bool> DayFollower::Read(size_t index) {
  TILLSTREAM_ASSIGN(const std::span<const RecordView> records,
                    partitions_[index].reader->Read(std::chrono::milliseconds(0)));
  for (const RecordView& record : records) {
    TILLSTREAM_TRY(Take(index, record));
    partitions_[index].next = record.offset + 1;
  }
  if (!records.empty()) partitions_[index].read_at = clock_.Monotonic();
  return !records.empty();
}

std::optional<size_t> DayFollower::PlaceOf(Partition& partition, std::string_view store_id) const {
  const auto is_it = [&](size_t place) {
    return sources_[partition.stores[place]].store_id == store_id;
  };
  if (is_it(partition.last_place)) return partition.last_place;
  for (size_t place = 0; place < partition.stores.size(); ++place) {
    if (!is_it(place)) continue;
    partition.last_place = place;
    return place;
  }
  return std::nullopt;
}

Status DayFollower::Take(size_t index, const RecordView& record) {
  Partition& partition = partitions_[index];
  const Status decoded = decoder_.Decode(record, &event_);
  if (!decoded) {
    return decoded.error().At(
        fmt::format("{} offset {}", partition.id.ToString(), record.offset.value()));
  }
  const auto number = static_cast<int32_t>(index);
  if (const auto* sale = std::get_if<SalesRecord>(&event_)) {
    const auto place = PlaceOf(partition, sale->store_id);
    if (!place) return Ok();
    Store& store = stores_[partition.stores[*place]];
    if (store.state_id.empty()) store.state_id = sale->state_id;
    ++counts_.events;
    Note(partition, *place, record.offset, sale->day, store.days.Put(*sale, number, record.offset));
  } else if (const auto* total = std::get_if<StoreDay>(&event_)) {
    const auto place = PlaceOf(partition, total->store_id);
    if (!place) return Ok();
    Note(partition, *place, record.offset, total->day,
         stores_[partition.stores[*place]].days.PutTotal(*total, number, record.offset));
  }
  return Ok();
}

void DayFollower::Note(Partition& partition, size_t place, Offset at, Day day, DayPut put) {
  if (put == DayPut::kAhead) ++counts_.ahead;
  // Read again, after a snapshot, it is not late for that.
  if (put == DayPut::kLate && at >= partition.known_to) ++counts_.late;
  if (put == DayPut::kTaken) partition.latest[place] = std::max(partition.latest[place], day);
}

void DayFollower::CloseDays(bool at_end) {
  const Day furthest = Furthest();
  for (size_t i = 0; i < stores_.size(); ++i) {
    Store& store = stores_[i];
    while (true) {
      std::optional<ClosedDay> day = store.days.Close();
      if (!day && at_end && furthest - store.days.next_day() > options_.wait_days && IsQuiet(i)) {
        day = store.days.Close(furthest);
      }
      if (!day) break;
      if (day->close == DayClose::kIncomplete) {
        ++counts_.incomplete_days;
        Warn(
            fmt::format("store {}: d_{} never came to its end-of-day total; closed as incomplete, "
                        "forecasts do without it",
                        sources_[i].store_id, day->day.value()));
      }
      store.closed.push_back(*std::move(day));
    }
  }
}

std::optional<PanelDay> DayFollower::TakeDay() {
  for (const Store& store : stores_) {
    if (store.closed.empty()) return std::nullopt;
  }
  PanelDay day{next_, {}};
  for (Store& store : stores_) {
    day.stores.push_back(std::move(store.closed.front()));
    store.closed.pop_front();
  }
  ++next_;
  return day;
}

void DayFollower::Warn(const std::string& line) {
  if (options_.on_warning && warnings_++ < kWarningsMax) options_.on_warning(line);
}

std::vector<std::vector<StoreItem>> DayFollower::items() const {
  std::vector<std::vector<StoreItem>> items;
  for (const Store& store : stores_) items.push_back(store.days.items());
  return items;
}

std::vector<FollowPosition> DayFollower::positions() const {
  std::vector<FollowPosition> positions;
  for (size_t i = 0; i < partitions_.size(); ++i) {
    const Partition& partition = partitions_[i];
    Offset resume = partition.next;
    const auto number = static_cast<int32_t>(i);
    for (const size_t store : partition.stores) {
      if (const auto open = stores_[store].days.OldestOpen(number)) {
        resume = std::min(resume, *open);
      }
      // Closed, but not given yet.
      for (const ClosedDay& day : stores_[store].closed) {
        const auto first = day.first_at.find(number);
        if (first != day.first_at.end()) resume = std::min(resume, first->second);
      }
    }
    positions.push_back({partition.id, resume, partition.next});
  }
  return positions;
}

FollowCounts DayFollower::counts() const {
  FollowCounts counts = counts_;
  for (const Store& store : stores_) {
    for (const auto& [item, events] : store.days.strangers()) counts.strangers += events;
  }
  return counts;
}

}  // namespace tillstream
